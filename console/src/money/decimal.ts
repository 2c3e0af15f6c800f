/** Decimals that are exact, as the API answers money and prices: whole numbers of their last place. Pure. */

export type Decimal = { readonly units: bigint; readonly places: number };

const FORM = /^(-?)(\d+)(?:\.(\d+))?$/;

export const ZERO: Decimal = { units: 0n, places: 0 };

/** Errors: the text is no decimal. */
export function decimal(text: string): Decimal {
  const [, sign, whole, places = ""] = FORM.exec(text) ?? [];
  if (whole === undefined) throw new Error(`${text} is no decimal`);
  const units = BigInt(whole + places);
  return { units: sign === "-" ? -units : units, places: places.length };
}

export const whole = (number: bigint): Decimal => ({ units: number, places: 0 });

const power = (places: number): bigint => 10n ** BigInt(places);

/** Both in units of the same place. */
function aligned(one: Decimal, other: Decimal): { one: bigint; other: bigint; places: number } {
  const places = Math.max(one.places, other.places);
  const at = ({ units, places: own }: Decimal) => units * power(places - own);
  return { one: at(one), other: at(other), places };
}

export function plus(first: Decimal, second: Decimal): Decimal {
  const { one, other, places } = aligned(first, second);
  return { units: one + other, places };
}

export const times = (one: Decimal, other: Decimal): Decimal => ({
  units: one.units * other.units,
  places: one.places + other.places,
});

/** Below zero, zero or above it as the first is less, the same or more. */
export function compare(first: Decimal, second: Decimal): number {
  const { one, other } = aligned(first, second);
  return one < other ? -1 : one > other ? 1 : 0;
}

/** A quotient at so many places, rounded half to even, as the cloud rounds what something costs. */
export function divided(dividend: Decimal, divisor: bigint, places: number): Decimal {
  const scaled = dividend.units * power(Math.max(0, places - dividend.places));
  const by = divisor * power(Math.max(0, dividend.places - places));
  const isBelow = scaled < 0n;
  const size = isBelow ? -scaled : scaled;
  const [quotient, twice] = [size / by, 2n * (size % by)];
  const isUp = twice > by || (twice === by && quotient % 2n === 1n);
  const units = isUp ? quotient + 1n : quotient;
  return { units: isBelow ? -units : units, places };
}

export const rounded = (number: Decimal, places: number): Decimal => divided(number, 1n, places);

/** Without needless zeroes. */
export function decimalText({ units, places }: Decimal): string {
  const digits = (units < 0n ? -units : units).toString().padStart(places + 1, "0");
  const at = digits.length - places;
  const behind = digits.slice(at).replace(/0+$/, "");
  return `${units < 0n ? "-" : ""}${digits.slice(0, at)}${behind === "" ? "" : `.${behind}`}`;
}

/** How many digits say how much something small costs. */
const DIGITS = 4;
const CENTS = 2;

/** As people read money: with cents where it is one and more, else with the first digits that are not zero. */
export function moneyText(number: Decimal): string {
  const size = number.units < 0n ? -number.units : number.units;
  if (size >= power(number.places)) {
    const { units } = rounded(number, CENTS);
    const digits = (units < 0n ? -units : units).toString().padStart(CENTS + 1, "0");
    return `${units < 0n ? "-" : ""}${grouped(digits.slice(0, -CENTS))}.${digits.slice(-CENTS)}`;
  }
  const zeroes = number.places - size.toString().length;
  return decimalText(rounded(number, size === 0n ? 0 : zeroes + DIGITS));
}

const grouped = (digits: string) => digits.replace(/\B(?=(\d{3})+$)/g, ",");
