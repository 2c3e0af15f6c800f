/**
 * What an account's money holds (accounts: 402): an hour of the burst that it would have, out of its balance and the credit
 * that it is given.
 */
import { HOUR_S } from "../base/durations.ts";
import { billing } from "../base/errors.ts";
import { openLevels, openLevelsOfAll } from "../metering/spans.ts";
import type { Tx } from "../store/store.ts";
import { allChargedUntil, chargedUntil, overdueOf } from "./charged.ts";
import { balanceOf, balancesOf } from "./ledger.ts";
import { isPriced, type Money, moneyText, type Priced } from "./money.ts";
import { burstHour, currencyOf, type PriceList, priceListAt } from "./prices.ts";
import { coveredNow } from "./subscriptions.ts";

/** Amounts in use by resource, of any resources. */
export type Levels = Iterable<readonly [resource: string, amount: bigint]>;

/**
 * @param levels all that it would use
 * @param credit how far below zero its balance may go
 *
 * Errors: `billing` where there are prices, and balance and credit do not hold an hour of it.
 */
export async function ensureHourHeld(
  tx: Tx,
  { user, credit }: Credited,
  levels: () => Promise<Levels>,
  now: number,
): Promise<void> {
  const list = await priceListAt(tx, now);
  if (list === null) return;
  const hour = burstHour(list, beyond(await levels(), await coveredNow(tx, user, now)));
  const balance = await balanceOf(tx, user);
  if (balance + credit >= hour) return;
  throw billing("funds_short", sentence(list, balance, credit, hour));
}

function sentence({ currency }: PriceList, balance: Money, credit: Money, hour: Money): string {
  const lent = credit === 0n ? "" : ` and your credit ${moneyText(credit)}`;
  return `what you would use beyond your subscriptions costs ${moneyText(hour)} ${currency} an hour, and your balance is ${moneyText(balance)}${lent}`;
}

/** What of each level goes beyond what is covered, of resources that can have a price. */
function beyond(levels: Levels, covered: ReadonlyMap<Priced, bigint>): ReadonlyMap<Priced, bigint> {
  const burst = new Map<Priced, bigint>();
  for (const [resource, amount] of levels) {
    if (!isPriced(resource)) continue;
    const over = amount - (covered.get(resource) ?? 0n);
    if (over > 0n) burst.set(resource, over);
  }
  return burst;
}

/** What an account has, and how long that lasts. */
export type Funds = {
  /** Of the cloud. */
  readonly currency: string;
  readonly balance: Money;
  readonly credit: Money;
  /** What burst costs an hour now, as this and all amounts in the smallest unit of money. */
  readonly burning: Money;
  /** When at this rate balance and credit end, in seconds since the epoch; null where they do not. */
  readonly fundsUntil: number | null;
};

/** The end of the year 9999: what lasts longer does not end. */
const NEVER = 253_402_300_800n;

/** Null where there is no price list, and so no money. */
export async function fundsOf(tx: Tx, { user, credit }: Credited, now: number): Promise<Funds | null> {
  const currency = await currencyOf(tx);
  if (currency === null) return null;
  const balance = await balanceOf(tx, user);
  const burning = await burningOf(tx, user, now);
  const until = burning === 0n ? null : await chargedUntil(tx, user, now);
  return { currency, balance, credit, burning, fundsUntil: until === null ? null : endOfFunds(until) };

  function endOfFunds(until: number): number | null {
    const end = BigInt(until) + floorDivided((balance + credit) * BigInt(HOUR_S), burning);
    if (end >= NEVER) return null;
    return end < BigInt(now) ? now : Number(end);
  }
}

/** An account, and how far below zero its balance may go. */
export type Credited = { readonly user: string; readonly credit: Money };

/**
 * Those of the accounts whose funds may end by that time, or have ended: all of which `fundsOf` says so, by few statements.
 * Subscriptions are not looked at, so some are told whose funds last longer.
 */
export async function mayEndBy(
  tx: Tx,
  accounts: readonly Credited[],
  time: number,
  now: number,
): Promise<ReadonlySet<string>> {
  const users = accounts.map(({ user }) => user);
  if (users.length === 0) return new Set();
  const list = await priceListAt(tx, now);
  const since = await allChargedUntil(tx, now);
  const balances = await balancesOf(tx, users);
  const levels = await openLevelsOfAll(tx, users);
  const behind = new Set(await overdueOf(tx, users));
  // A part of a second is none.
  const seconds = BigInt(time - since + 1);
  const ending = accounts.filter(({ user, credit }) => {
    const funds = (balances.get(user) ?? 0n) + credit;
    const burning = list === null ? 0n : burstHour(list, beyond(levels.get(user) ?? [], new Map()));
    return behind.has(user) || funds < 0n || (burning > 0n && funds * BigInt(HOUR_S) <= burning * seconds);
  });
  return new Set(ending.map(({ user }) => user));
}

/** What burst costs an hour as it is now. */
async function burningOf(tx: Tx, user: string, now: number): Promise<Money> {
  const list = await priceListAt(tx, now);
  if (list === null) return 0n;
  return burstHour(list, beyond(await openLevels(tx, user), await coveredNow(tx, user, now)));
}

function floorDivided(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  return numerator < 0n && quotient * denominator !== numerator ? quotient - 1n : quotient;
}
