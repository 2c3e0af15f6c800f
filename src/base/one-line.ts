/** Text that stays on one line wherever it is written. */

/**
 * What ends a line or steers whoever shows it: the controls C0 and C1 (U+0085 among them), and the separators U+2028
 * and U+2029, at which clients split lines though the format does not.
 */
const BREAKS_LINE = /[\p{Cc}\p{Zl}\p{Zp}]/u;

/** `text` of several lines in one: each but the blank ones, with a space before the next. */
export function inOneLine(text: string): string {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .join(" ");
}

/** Whether every character can be written in UTF-8 on one line. JSON can spell halves of surrogate pairs. */
export function isOneLine(text: string): boolean {
  return !BREAKS_LINE.test(text) && text.isWellFormed();
}
