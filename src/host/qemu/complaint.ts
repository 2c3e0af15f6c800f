/**
 * What QEMU says of itself on standard error, made fit for a line of the log: the first line that is not a mere warning,
 * without the program's name and the option that it is about.
 */

const PREFIX = /^\S*qemu-system-\w+: (?:-[a-z]+ (?:\{.*\}|\S+): )?/;
const MOST_CHARACTERS = 300;

/** The sentence, or null when QEMU wrote nothing of the kind. */
export function firstComplaint(standardError: string): string | null {
  const line = standardError
    .split("\n")
    .map((text) => text.trim())
    .find((text) => text !== "" && !/\bwarning:/.test(text));
  return line?.replace(PREFIX, "").slice(0, MOST_CHARACTERS) ?? null;
}
