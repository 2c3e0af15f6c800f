/** Amounts as people read them. */

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;
const K = 1024;

/** Such as `1.5 GiB`. */
export function bytes(amount: number): string {
  let unit = 0;
  let left = amount;
  while (left >= K && unit < UNITS.length - 1) {
    left /= K;
    unit++;
  }
  return `${rounded(left)} ${UNITS[unit]}`;
}

/** Of an amount of MB, as the API counts memory. */
export const megabytes = (amount: number) => bytes(amount * K * K);

const GHZ = 1000;

/** Such as `2 GHz`. */
export const megahertz = (amount: number) =>
  amount >= GHZ ? `${rounded(amount / GHZ)} GHz` : `${amount} MHz`;

/** Made once: the browser takes as long to make one as to draw a row. */
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const exact = new Intl.NumberFormat("en");

const rounded = (number: number) => (number < 10 ? tenths : whole).format(number);

export const count = (number: number) => exact.format(number);

/** A moment, from seconds since the epoch. */
export const moment = (seconds: number) =>
  new Date(seconds * 1000).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });

const STEPS = [
  [86_400, "day"],
  [3_600, "hour"],
  [60, "minute"],
  [1, "second"],
] as const;

/** How long, to its largest unit, such as `3 hours`. */
export function lasting(seconds: number): string {
  const [size, unit] = STEPS.find(([size]) => seconds >= size) ?? [1, "second"];
  const number = Math.max(0, Math.floor(seconds / size));
  return `${number} ${unit}${number === 1 ? "" : "s"}`;
}
