/** What amounts of resources would cost, by the prices in force and what subscriptions cover: as the cloud reckons it. Pure. */
import { type Decimal, decimal, divided, plus, times, whole, ZERO } from "./decimal.ts";

export type Resource = "cpu" | "mem" | "disk" | "ip" | "vlan" | "xfer";

/** Of each resource how much, in its unit: core MHz, MB, bytes, pieces. */
export type Amounts = Readonly<Partial<Record<Resource, bigint>>>;

/** A row of `pricing/info`. */
export type Price = {
  readonly resource: Resource;
  readonly unit?: string;
  readonly burst: string;
  readonly "subscription:month"?: string;
  readonly "subscription:year"?: string;
  readonly currency: string;
};

/** A row of `profile/usage/now`. */
export type Using = {
  readonly resource: string;
  readonly using: number;
  readonly subscribed: number;
  readonly burst?: number;
  readonly price?: string;
  readonly burning?: string;
};

export type Cost = {
  readonly hour: Decimal;
  /** Of 720 hours. */
  readonly month: Decimal;
  /** Of which resources subscriptions cover something. */
  readonly covered: readonly Resource[];
};

/** To how many places the cloud rounds what an hour of a resource costs. */
const PLACES = 8;
const GIGABYTE = 2n ** 30n;
export const MONTH_HOURS = 720n;

export function costOf(amounts: Amounts, prices: readonly Price[], uses: readonly Using[]): Cost {
  let hour = ZERO;
  const covered: Resource[] = [];
  for (const { resource, burst } of prices) {
    const amount = amounts[resource] ?? 0n;
    const { using = 0, subscribed = 0 } = uses.find((use) => use.resource === resource) ?? {};
    const free = BigInt(Math.max(0, subscribed - using));
    if (amount > 0n && free > 0n) covered.push(resource);
    const beyond = amount > free ? amount - free : 0n;
    const unit = resource === "disk" || resource === "xfer" ? GIGABYTE : 1n;
    hour = plus(hour, divided(times(decimal(burst), whole(beyond)), unit, PLACES));
  }
  return { hour, month: times(hour, whole(MONTH_HOURS)), covered };
}

const SIZE = /^(0|[1-9]\d*)([kMGT]?)$/i;
const SUFFIXES = ["", "k", "m", "g", "t"];

/** The bytes that the API reads there, null where it reads none. */
export function sizeIn(text: string): bigint | null {
  const [, number, suffix = ""] = SIZE.exec(text.trim()) ?? [];
  if (number === undefined) return null;
  return BigInt(number) * 1024n ** BigInt(SUFFIXES.indexOf(suffix.toLowerCase()));
}

const NUMBER = /^\d+$/;

/** The amount that is written there, null where none is. */
export const amountIn = (text: string): bigint | null =>
  NUMBER.test(text.trim()) ? BigInt(text.trim()) : null;
