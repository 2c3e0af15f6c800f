/** Amounts as people read them. */
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../base/durations.ts";

export const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? "" : "s"}`;

const UNITS = [
  ["day", DAY_MS],
  ["hour", HOUR_MS],
  ["minute", MINUTE_MS],
] as const;

/** Rounded down to the largest unit that it fills: `3 hours`. */
export function duration(ms: number): string {
  const [noun, unitMs] = UNITS.find(([, unitMs]) => ms >= unitMs) ?? ["second", 1000];
  return counted(Math.floor(Math.max(0, ms) / unitMs), noun);
}

const BYTE_UNITS = ["bytes", "KiB", "MiB", "GiB", "TiB"] as const;

/** To a tenth of the largest unit that it fills: `1.5 GiB`. */
export function sizeText(bytes: number): string {
  let unit = 0;
  let amount = bytes;
  for (; amount >= 1024 && unit < BYTE_UNITS.length - 1; unit++) amount /= 1024;
  return `${unit === 0 ? amount : amount.toFixed(1)} ${BYTE_UNITS[unit]}`;
}
