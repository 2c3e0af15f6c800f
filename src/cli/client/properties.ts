/** Reading properties as text out of an answer: lines of a key, a blank and the value, which runs to the end of the line. */

/** The value of a key: all that follows the first blank of its line, whatever it is; null where no line has the key. */
export function valueIn(properties: string, key: string): string | null {
  for (const line of properties.split(/\r?\n/)) {
    const blank = line.indexOf(" ");
    if (blank !== -1 && line.slice(0, blank) === key) return line.slice(blank + 1);
  }
  return null;
}
