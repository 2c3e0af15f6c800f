/** Sizes and offsets as people write them (spec: "in bytes, optionally with a k/M/G/T suffix"). */

const SIZE = /^(\d{1,16})([kmgt]?)$/i;
const FACTORS: Readonly<Record<string, number>> = { "": 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

/** A number of bytes "optionally with a k/M/G/T suffix" (powers of 1024, in either case), or null. */
export function parseSize(text: string): number | null {
  const match = SIZE.exec(text);
  if (match === null) return null;
  const bytes = Number(match[1]) * (FACTORS[(match[2] ?? "").toLowerCase()] ?? 1);
  return Number.isSafeInteger(bytes) ? bytes : null;
}
