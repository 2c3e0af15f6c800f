/** The model's own arithmetic: fractions of whole numbers of any size, with nothing of the product's. */

/** `top / below`; `below` is above zero. */
export type Fraction = { readonly top: bigint; readonly below: bigint };

/** The smallest unit of money: so many make one of the currency. */
const UNITS = 10n ** 8n;

/** Of a decimal such as `-0.0125`. Errors: it is none. */
export function fraction(decimal: string): Fraction {
  const [, sign, whole, digits = ""] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(decimal) ?? [];
  if (whole === undefined) throw new Error(`${decimal} is no decimal`);
  const top = BigInt(whole + digits);
  return { top: sign === "-" ? -top : top, below: 10n ** BigInt(digits.length) };
}

export const times = (one: Fraction, other: Fraction): Fraction => ({
  top: one.top * other.top,
  below: one.below * other.below,
});

export const whole = (top: bigint, below = 1n): Fraction => ({ top, below });

/** The lesser of two. */
export function least(one: bigint, other: bigint): bigint {
  if (one < other) return one;
  return other;
}

/** To the nearest whole number, from the middle to the even one. */
export function halfEven({ top, below }: Fraction): bigint {
  const down = floor({ top, below });
  const twice = 2n * (top - down * below);
  if (twice < below) return down;
  if (twice > below) return down + 1n;
  return down % 2n === 0n ? down : down + 1n;
}

/** The greatest whole number that is not above it. */
export function floor({ top, below }: Fraction): bigint {
  const cut = top / below;
  return top < 0n && cut * below !== top ? cut - 1n : cut;
}

/** Money of the currency in its smallest unit, rounded half to even. */
export const inUnits = (money: Fraction): bigint => halfEven(times(money, whole(UNITS)));

/** So many smallest units as a decimal without needless zeroes. */
export function money(units: bigint): string {
  return decimal({ top: units, below: UNITS }, 8);
}

/** With as many places at most, rounded half to even, without needless zeroes. */
export function decimal(value: Fraction, places: number): string {
  const units = halfEven(times(value, whole(10n ** BigInt(places))));
  const size = (units < 0n ? -units : units).toString().padStart(places + 1, "0");
  const digits = size.slice(size.length - places).replace(/0+$/, "");
  return `${units < 0n ? "-" : ""}${size.slice(0, size.length - places)}${digits === "" ? "" : `.${digits}`}`;
}
