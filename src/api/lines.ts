/**
 * Text of several lines in a value, which is one line: a newline is written as the two characters `\n`, as clients do (real
 * clients: 7). So that every text can be written, `\t` is a tab and `\\` a backslash. A backslash before anything else is
 * itself: what was written without a thought of that comes through as far as it can. Values are kept and answered as they came.
 */

const ESCAPED: Readonly<Record<string, string>> = { n: "\n", t: "\t", "\\": "\\" };

/** The text that a value stands for. */
export const textInValue = (value: string): string =>
  value.replaceAll(/\\([nt\\])/g, (_, letter: string) => ESCAPED[letter] ?? letter);

/** The value that stands for a text: `textInValue` undoes it. A carriage return before a newline is dropped, as on the wire. */
export const valueOfText = (text: string): string =>
  text.replaceAll("\r\n", "\n").replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\t", "\\t");
