/** Sizes and offsets as the API takes them: a number of bytes, with k, M, G or T if need be (spec: notes). */

/** The most that one read of a drive may ask for (spec: read binary data from a drive). */
export const MOST_READ_BYTES = 4 * 2 ** 20;

/** What spells a size, in either case of the suffix. Zeroes in front are refused: some read such a number as octal. */
export const SIZE_PATTERN = /^(0|[1-9]\d{0,15})[kKmMgGtT]?$/;

const POWERS_OF_1024 = "kmgt";

/** The number of bytes that `text` spells; null when it spells none, or too many to count. */
export function parseSize(text: string): number | null {
  if (!SIZE_PATTERN.test(text)) return null;
  // A digit is at -1: then the power is 0.
  const power = POWERS_OF_1024.indexOf(text.slice(-1).toLowerCase()) + 1;
  const bytes = Number.parseInt(text, 10) * 1024 ** power;
  return Number.isSafeInteger(bytes) ? bytes : null;
}
