/** What came, as the sentence of an error repeats it. */

const MOST_CHARACTERS = 60;

/** `text` quoted, on one line, and cut short. */
export function shown(text: string): string {
  const characters = [...text.slice(0, 2 * MOST_CHARACTERS)];
  return characters.length > MOST_CHARACTERS || text.length > 2 * MOST_CHARACTERS
    ? `${JSON.stringify(characters.slice(0, MOST_CHARACTERS).join(""))}…`
    : JSON.stringify(text);
}
