/**
 * Invoices (accounts: the caller's own account): what an account used in a calendar month, what it was charged for that in
 * both ways of paying, what it was credited, and its balance before and after. An entry of the ledger is of the month that it
 * is for, whenever it was written; so months add up to the ledger. One is final once all of its hours are charged.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { type SqlBool, sql } from "kysely";
import { DAY_S } from "../base/durations.ts";
import { readUsage, sumsByResource, type Usage } from "../metering/roll-up.ts";
import { exact } from "../store/exact.ts";
import type { MeteredResource } from "../store/metering-tables.ts";
import type { Store, Tx } from "../store/store.ts";
import { chargedUntil } from "./charged.ts";
import { isPriced, type Money, PRICED, type Priced } from "./money.ts";
import { type Month, monthAfter, monthAt } from "./month.ts";
import { currencyOf } from "./prices.ts";

export type Invoice = {
  readonly user: string;
  readonly month: Month;
  readonly isFinal: boolean;
  readonly currency: string;
  readonly before: Money;
  readonly after: Money;
  /** What was used of each, as far as it is charged. */
  readonly usage: ReadonlyMap<MeteredResource, Usage>;
  /** What was charged for it, above zero. */
  readonly burst: ReadonlyMap<Priced, Money>;
  readonly subscriptions: ReadonlyMap<Priced, Money>;
  readonly credited: Money;
  readonly refunded: Money;
  readonly corrected: Money;
};

/** What time an entry is for. */
const FOR = sql<number>`coalesce("from", "time")`;

/** How many entries are added up at once: nobody waits for more. */
const ENTRIES = 4_000;

/**
 * How long before a month the entries begin that are looked at for it: accounting time may begin a minute earlier where a
 * machine went down and its clock was set back, so the times of entries are in order but for that.
 */
const MARGIN_S = DAY_S;

/** The months that an account has invoices of, the first one first: from its first entry's to this one. */
export async function monthsOf(tx: Tx, user: string, now: number): Promise<readonly Month[]> {
  const first = await firstTime(tx, user);
  if (first === null) return [];
  const months: Month[] = [];
  for (let month = monthAt(first); month.from <= now; month = monthAfter(month)) months.push(month);
  return months;
}

/**
 * The first time that an entry is for; null where there are none. Only burst may be for a time before that of all entries: a
 * subscription that follows another begins after that did.
 */
async function firstTime(tx: Tx, user: string): Promise<number | null> {
  const entries = tx.selectFrom("ledger").where("user", "=", user).limit(1);
  const entered = await entries.select("time").orderBy("time").executeTakeFirst();
  if (entered === undefined) return null;
  const times = [entered.time];
  for (const resource of PRICED) {
    const burst = entries.where("kind", "=", "burst").where("resource", "=", resource);
    const row = await burst.select("from").orderBy("from").executeTakeFirst();
    if (row?.from != null) times.push(row.from);
  }
  return Math.min(...times);
}

/** Null where the account has none of that month. Its entries are added up a few at a time: none of them changes. */
export async function invoiceOf(
  store: Store,
  user: string,
  month: Month,
  now: number,
): Promise<Invoice | null> {
  const frame = await store.snapshot((tx) => frameOf(tx, user, month, now));
  if (frame === null) return null;
  const { first, last, balance, ...rest } = frame;
  let before = balance;
  const sums: Sum[] = [];
  for (let from = first; from <= last; from += ENTRIES) {
    const entries = { from, to: Math.min(from + ENTRIES - 1, last) };
    for (const { isBefore, ...sum } of await store.snapshot((tx) => sumsOf(tx, user, month, entries))) {
      if (isBefore === 1) before += sum.sum;
      else sums.push(sum);
    }
    await nextTurn();
  }
  return { user, month, ...rest, before, after: before + total(sums), ...sumsByKind(sums) };
}

/** What is known of the month at one moment, and which entries there are to add up then. */
async function frameOf(tx: Tx, user: string, month: Month, now: number) {
  const currency = await currencyOf(tx);
  const months = await monthsOf(tx, user, now);
  if (currency === null || !months.some(({ name }) => name === month.name)) return null;
  const entries = tx.selectFrom("ledger").where("user", "=", user).limit(1);
  const last = await entries.select("entry").orderBy("entry", "desc").executeTakeFirstOrThrow();
  // What was entered before is for a time before the month, and is in the balance after the last of it.
  const earlier = await entries
    .where("time", "<", month.from - MARGIN_S)
    .select(["entry", exact("balance").as("balance")])
    .orderBy("time", "desc")
    .orderBy("entry", "desc")
    .executeTakeFirst();
  return {
    ...{ currency, last: last.entry, first: (earlier?.entry ?? 0) + 1 },
    balance: BigInt(earlier?.balance ?? "0"),
    isFinal: (await chargedUntil(tx, user, now)) >= month.to,
    usage: await usageIn(tx, user, month),
  };
}

function sumsByKind(sums: readonly Sum[]) {
  const of = (kind: string) => sums.filter((sum) => sum.kind === kind);
  const byResource = (kind: string) => {
    const byPriced = new Map<Priced, Money>();
    for (const { resource, sum } of of(kind)) {
      const priced = resource ?? "";
      if (isPriced(priced)) byPriced.set(priced, (byPriced.get(priced) ?? 0n) - sum);
    }
    return byPriced;
  };
  return {
    burst: byResource("burst"),
    subscriptions: byResource("subscription"),
    credited: total(of("credit")),
    refunded: total(of("refund")),
    corrected: total(of("correction")),
  };
}

/** What was charged, above zero. */
export const chargedOf = ({ burst, subscriptions }: Invoice): Money =>
  [...burst.values(), ...subscriptions.values()].reduce((sum, each) => sum + each, 0n);

type Sum = { readonly kind: string; readonly resource: string | null; readonly sum: Money };

const total = (sums: readonly Sum[]): Money => sums.reduce((all, { sum }) => all + sum, 0n);

/** What some of the entries come to that are for the month, or for a time before it. */
async function sumsOf(
  tx: Tx,
  user: string,
  month: Month,
  entries: { readonly from: number; readonly to: number },
): Promise<readonly (Sum & { readonly isBefore: number })[]> {
  const isBefore = sql<number>`case when ${FOR} < ${sql.lit(month.from)} then 1 else 0 end`;
  const rows = await tx
    .selectFrom("ledger")
    .select(["kind", "resource", isBefore.as("isBefore")])
    .select(sql<string>`cast(sum("amount") as text)`.as("sum"))
    .where("user", "=", user)
    .where("entry", ">=", entries.from)
    .where("entry", "<=", entries.to)
    .where(sql<SqlBool>`${FOR} < ${month.to}`)
    .groupBy(["kind", "resource", isBefore])
    .execute();
  return rows.map((row) => ({ ...row, sum: BigInt(row.sum) }));
}

async function usageIn(
  tx: Tx,
  user: string,
  { from, to }: Month,
): Promise<ReadonlyMap<MeteredResource, Usage>> {
  const rows = await tx
    .selectFrom("usage_days")
    .select(["resource", "used", "subscribed", "burst", "cost"])
    .where("user", "=", user)
    .where("day", ">=", from)
    .where("day", "<", to)
    .execute();
  return sumsByResource(rows.map(readUsage));
}
