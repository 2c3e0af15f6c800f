/** Text that stays on one line wherever it is written. */

/**
 * What ends a line or steers whoever shows it: the controls C0 and C1 (U+0085 among them), and the separators U+2028
 * and U+2029, at which clients split lines though the format does not.
 */
const BREAKS_LINE = /[\p{Cc}\p{Zl}\p{Zp}]/u;

/**
 * What people do not see as it is: controls, separators of lines, and what is invisible or turns the direction of what
 * follows (Unicode's general categories Cc, Cf, Zl, Zp).
 */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** `text` with what is not seen as it is spelled out, as JSON does: within a string of JSON it means the same. */
export function visible(text: string): string {
  return text.replace(UNSEEN, (character) =>
    character
      .split("")
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
      .join(""),
  );
}

/** `text` of several lines in one, visible: each but the blank ones, with a space before the next. */
export function inOneLine(text: string): string {
  const lines = text.split("\n").map((line) => line.trim());
  return visible(lines.filter((line) => line !== "").join(" "));
}

/** Where lines of JSON are written to, such as a log: each goes on to `output`, visible and of the same meaning. */
export const visibleLines = (output: { write(line: string): unknown }) => ({
  write: (line: string) => void output.write(`${visible(line.trimEnd())}\n`),
});

/** The first of its characters for which a text cannot be written in UTF-8 on one line; null where it can. */
export function breakIn(text: string): string | null {
  if (isOneLine(text)) return null;
  return BREAKS_LINE.exec(text)?.[0] ?? "half of a surrogate pair";
}

/** Whether every character can be written in UTF-8 on one line. JSON can spell halves of surrogate pairs. */
export function isOneLine(text: string): boolean {
  return !BREAKS_LINE.test(text) && text.isWellFormed();
}
