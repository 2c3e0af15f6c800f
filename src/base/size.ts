/** Sizes and offsets as the API takes them: a number of bytes, with k, M, G or T if need be (spec: notes). */

const POWERS_OF_1024 = "kmgt";

/** The number of bytes that `text` spells, in either case of the suffix; null when it spells none, or too many to count. */
export function parseSize(text: string): number | null {
  const [, digits, suffix = ""] = /^(\d{1,16})([kmgt]?)$/i.exec(text) ?? [];
  if (digits === undefined) return null;
  const power = suffix === "" ? 0 : POWERS_OF_1024.indexOf(suffix.toLowerCase()) + 1;
  const bytes = Number(digits) * 1024 ** power;
  return Number.isSafeInteger(bytes) ? bytes : null;
}
