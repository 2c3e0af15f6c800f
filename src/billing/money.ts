/**
 * Money is counted in its smallest unit, 10^-8 of the currency, by whole numbers; a price is a decimal of at most twelve
 * places. What something costs is rounded once, half to even, to the smallest unit (accounts: prices).
 */
import createBig, { type Big as Decimal } from "big.js";
import { HOUR_S } from "../base/durations.ts";

/** Amounts of money in the smallest unit. */
export type Money = bigint;

/** The resources that can have a price, in the order in which they are answered. */
export const PRICED = ["cpu", "mem", "disk", "ip", "vlan", "xfer"] as const;
export type Priced = (typeof PRICED)[number];

export const isPriced = (word: string): word is Priced => PRICED.some((each) => each === word);

/** What a price of a resource is for, as it is answered. */
export const PRICE_UNITS: Readonly<Record<Priced, string>> = {
  ...{ cpu: "core MHz", mem: "MB", disk: "GB", ip: "piece", vlan: "piece", xfer: "GB" },
};

export const MONEY_PLACES = 8;
/** How many places a price has at most. */
export const PRICE_PLACES = 12;
const UNITS = 10n ** BigInt(MONEY_PLACES);
const GIGABYTE = 2 ** 30;
/** What the price of one is for, in the resource's own unit. */
const UNITS_PRICED: Readonly<Record<Priced, number>> = {
  ...{ cpu: 1, mem: 1, ip: 1, vlan: 1 },
  ...{ disk: GIGABYTE, xfer: GIGABYTE },
};

/** Decimals of which a division is rounded half to even, to the smallest unit of money. */
const Big = createBig();
Big.DP = MONEY_PLACES;
Big.RM = 2;

const MONEY = /^(-?)(0|[1-9]\d{0,9})(?:\.(\d{1,8}))?$/;
const PRICE = /^(?:0|[1-9]\d{0,5})(?:\.\d{1,12})?$/;

/** The amount that the text says, null where it says none: less than 10^10, with at most eight places. */
export function parseMoney(text: string): Money | null {
  const [, sign, whole, places = ""] = MONEY.exec(text) ?? [];
  if (whole === undefined) return null;
  const amount = BigInt(whole) * UNITS + BigInt(places.padEnd(MONEY_PLACES, "0"));
  return sign === "-" ? -amount : amount;
}

/** As it is answered: a decimal without needless zeroes. */
export function moneyText(amount: Money): string {
  const digits = (amount < 0n ? -amount : amount).toString().padStart(MONEY_PLACES + 1, "0");
  const places = digits.slice(-MONEY_PLACES).replace(/0{1,8}$/, "");
  return `${amount < 0n ? "-" : ""}${digits.slice(0, -MONEY_PLACES)}${places === "" ? "" : `.${places}`}`;
}

/** Whether the text is a price: not below zero, less than 10^6, with at most twelve places. */
export const isPrice = (text: string): boolean => PRICE.test(text);

/**
 * What an hour's use costs, or what was transferred.
 *
 * @param used unit-seconds; of `xfer`, bytes
 * @param price of a unit for an hour; of `xfer`, of a GB
 */
export function burstCost(resource: Priced, used: bigint, price: string): Money {
  const seconds = resource === "xfer" ? 1 : HOUR_S;
  return rounded(Big(price).times(used.toString()), UNITS_PRICED[resource] * seconds);
}

/** What a level of use costs in an hour. */
export const hourCost = (resource: Priced, level: bigint, price: string): Money =>
  burstCost(resource, level * BigInt(HOUR_S), price);

/**
 * What a subscription costs.
 *
 * @param amount in the resource's unit
 * @param price of a unit for a month
 * @param months what the period's price is of a month's
 */
export const subscriptionCost = (resource: Priced, amount: bigint, price: string, months: string): Money =>
  rounded(Big(price).times(amount.toString()).times(months), UNITS_PRICED[resource]);

/** A price times a factor, exactly and without needless zeroes: at most 24 places. */
export const priceTimes = (price: string, factor: string): string => Big(price).times(factor).toFixed();

function rounded(product: Decimal, divisor: number): Money {
  return BigInt(product.div(divisor).times(UNITS.toString()).toFixed(0));
}
