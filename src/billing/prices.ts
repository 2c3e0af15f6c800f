/** Price lists (accounts: prices): what resources cost, from a whole hour on. One stays in force until the next begins. */
import { z } from "zod";
import { BoundedMap } from "../base/bounded-map.ts";
import { readColumn } from "../base/column.ts";
import { usage } from "../base/errors.ts";
import { hourOf } from "../metering/roll-up.ts";
import type { PriceListsTable } from "../store/billing-tables.ts";
import { statement } from "../store/statement.ts";
import type { Tx } from "../store/store.ts";
import { hourCost, isPrice, type Money, PRICED, type Priced, subscriptionCost } from "./money.ts";

/** What a resource costs: decimals (`isPrice`). */
export type Price = {
  /** Of a unit for an hour; of `xfer`, of a GB. */
  readonly burst: string;
  /** Of a unit for a month; absent: there are no subscriptions to it. */
  readonly subscription?: string | undefined;
  /** What a year costs, in months; absent: ten. */
  readonly year?: string | undefined;
};

/** A resource that is not named is free. */
export type Prices = Readonly<Partial<Record<Priced, Price | undefined>>>;

export type PriceList = {
  readonly serial: number;
  /** ISO 4217. */
  readonly currency: string;
  readonly from: number;
  readonly prices: Prices;
  readonly created: number;
};

export const PERIODS = ["month", "year"] as const;
export type Period = (typeof PERIODS)[number];

/** 720 hours, and 8640. */
export const PERIOD_S: Readonly<Record<Period, number>> = { month: 2_592_000, year: 31_104_000 };

const YEAR_MONTHS = "10";
/** How many lists may be to come. */
const MOST_TO_COME = 100;

const PRICE = z.string().refine(isPrice);
const PRICES = z.partialRecord(
  z.enum(PRICED),
  z.object({ burst: PRICE, subscription: PRICE.optional(), year: PRICE.optional() }),
);

/** What a month's or a year's subscription to a unit costs; null where there are none. */
export function subscriptionPrice(
  { subscription, year = YEAR_MONTHS }: Price,
  period: Period,
): { readonly price: string; readonly months: string } | null {
  return subscription === undefined ? null : { price: subscription, months: period === "month" ? "1" : year };
}

/** What a subscription of that amount costs by the list; null where there are none to the resource. */
export function priceOf(
  list: PriceList | null,
  resource: Priced,
  amount: bigint,
  period: Period,
): Money | null {
  const price = list?.prices[resource];
  const unit = price === undefined ? null : subscriptionPrice(price, period);
  return unit === null ? null : subscriptionCost(resource, amount, unit.price, unit.months);
}

/** What an hour at those levels costs; of what moves no level, nothing. */
export function burstHour({ prices }: PriceList, levels: ReadonlyMap<Priced, bigint>): Money {
  let sum = 0n;
  for (const [resource, level] of levels) {
    const price = prices[resource];
    if (price !== undefined && level > 0n) sum += hourCost(resource, level, price.burst);
  }
  return sum;
}

/** The list in force at that time, null where there is none yet. Errors: `failed`, it is damaged. */
export async function priceListAt(tx: Tx, time: number): Promise<PriceList | null> {
  const [row] = (await lastBefore(tx, { time })).rows;
  return row === undefined ? null : priceListOf(row);
}

/** What starts and makes something asks this: compiled once. */
const lastBefore = statement<{ time: number }, Row>((db, param) =>
  db
    .selectFrom("price_lists")
    .selectAll()
    .where("from", "<=", param("time"))
    .orderBy("from", "desc")
    .orderBy("serial", "desc")
    .limit(1),
);

/** The list in force and those to come, in the order of their time. Errors: `failed`, one is damaged. */
export async function priceListsFrom(tx: Tx, time: number): Promise<readonly PriceList[]> {
  const current = await priceListAt(tx, time);
  const rows = await tx
    .selectFrom("price_lists")
    .selectAll()
    .where("from", ">", time)
    .orderBy("from")
    .orderBy("serial")
    .execute();
  // Of two that hold from the same time on the later one counts.
  const counting = rows.filter(({ from }, at) => rows[at + 1]?.from !== from);
  return [...(current === null ? [] : [current]), ...counting.map(priceListOf)];
}

/** The currency of all lists; null: there is none, and so no money. */
export async function currencyOf(tx: Tx): Promise<string | null> {
  const [row] = (await anyCurrency(tx, {})).rows;
  return row?.currency ?? null;
}

const anyCurrency = statement<Record<string, never>, { currency: string }>((db) =>
  db.selectFrom("price_lists").select("currency").limit(1),
);

/** Errors: `usage`, there are no prices, and so no money. */
export async function ensurePriced(tx: Tx): Promise<string> {
  const currency = await currencyOf(tx);
  if (currency !== null) return currency;
  throw usage("no_prices", "this cloud has no price list, and so knows no money");
}

/** A list as it is asked for; `from` is null for the beginning of this hour. */
export type NewPriceList = Pick<PriceList, "currency" | "prices"> & { readonly from: number | null };

/** Adds a list. Errors: `usage`, it is of another currency, or of a time that it cannot be of. */
export async function addPriceList(
  tx: Tx,
  { currency, from, prices }: NewPriceList,
  now: number,
): Promise<PriceList> {
  const known = await currencyOf(tx);
  if (known !== null && known !== currency)
    throw usage("price_list_refused", `the prices of this cloud are in ${known}, and stay so`, {
      key: "currency",
    });
  if (known !== null && from === null)
    throw usage("price_list_refused", "from takes now for the first price list alone: name an hour to come", {
      key: "from",
    });
  if (from !== null && from < now)
    throw usage("price_list_refused", "from is an hour that has begun: prices change from a later one on", {
      key: "from",
    });
  await ensureFew(tx, now);
  const row = {
    ...{ currency, prices: JSON.stringify(prices), created: now },
    from: from ?? hourOf(now),
  };
  const { serial } = await tx
    .insertInto("price_lists")
    .values(row)
    .returning("serial")
    .executeTakeFirstOrThrow();
  return priceListOf({ ...row, serial });
}

/** Errors: `usage`. */
async function ensureFew(tx: Tx, now: number): Promise<void> {
  const { count } = await tx
    .selectFrom("price_lists")
    .where("from", ">", now)
    .select((row) => row.fn.countAll().as("count"))
    .executeTakeFirstOrThrow();
  if (Number(count) < MOST_TO_COME) return;
  throw usage("price_list_refused", `${MOST_TO_COME} price lists are to come already`);
}

type Row = Omit<PriceListsTable, "serial"> & { readonly serial: number };

const priceListOf = ({ prices, ...row }: Row): PriceList => ({
  ...row,
  prices: readPrices(prices, row.serial),
});

/** What the last texts say that were read: whatever asks for prices asks for those in force. */
const known = new BoundedMap<string, Prices>(10);

/** Errors: `failed`, the list is damaged. */
function readPrices(text: string, serial: number): Prices {
  const before = known.get(text);
  if (before !== undefined) return before;
  const prices = readColumn(PRICES, text, `price list ${serial}`);
  known.set(text, prices, 1);
  return prices;
}
