/**
 * Invoices (accounts: the caller's own account): what an account used in a calendar month, what it was charged for that in
 * both ways of paying, what it was credited, and its balance before and after. An entry of the ledger is of the month that it
 * is for, whenever it was written; so months add up to the ledger. One is final once all of its hours are charged.
 */
import { type Expression, type SqlBool, sql } from "kysely";
import { readUsage, sumsByResource, type Usage } from "../metering/roll-up.ts";
import type { MeteredResource } from "../store/metering-tables.ts";
import type { Tx } from "../store/store.ts";
import { chargedUntil } from "./charged.ts";
import { isPriced, type Money, type Priced } from "./money.ts";
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

/** The months that an account has invoices of, the first one first: from its first entry's to this one. */
export async function monthsOf(tx: Tx, user: string, now: number): Promise<readonly Month[]> {
  const row = await tx
    .selectFrom("ledger")
    .select((of) => of.fn.min(FOR).as("first"))
    .where("user", "=", user)
    .executeTakeFirst();
  if (row?.first == null) return [];
  const months: Month[] = [];
  for (let month = monthAt(Number(row.first)); month.from <= now; month = monthAfter(month))
    months.push(month);
  return months;
}

/** Null where the account has none of that month. */
export async function invoiceOf(tx: Tx, user: string, month: Month, now: number): Promise<Invoice | null> {
  const currency = await currencyOf(tx);
  const months = await monthsOf(tx, user, now);
  if (currency === null || !months.some(({ name }) => name === month.name)) return null;
  const before = await sumWhere(tx, user, sql<SqlBool>`${FOR} < ${month.from}`);
  const sums = await sumsOf(tx, user, month);
  const of = (kind: string) => sums.filter((sum) => sum.kind === kind);
  const byResource = (kind: string) =>
    new Map(
      of(kind).flatMap(({ resource, sum }) => (isPriced(resource ?? "") ? [[resource as Priced, -sum]] : [])),
    );
  return {
    ...{ user, month, currency, before },
    isFinal: (await chargedUntil(tx, user, now)) >= month.to,
    after: before + total(sums),
    usage: await usageIn(tx, user, month),
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

async function sumsOf(tx: Tx, user: string, { from, to }: Month): Promise<readonly Sum[]> {
  const rows = await tx
    .selectFrom("ledger")
    .select(["kind", "resource", sql<string>`cast(sum("amount") as text)`.as("sum")])
    .where("user", "=", user)
    .where(sql<SqlBool>`${FOR} >= ${from} and ${FOR} < ${to}`)
    .groupBy(["kind", "resource"])
    .execute();
  return rows.map((row) => ({ ...row, sum: BigInt(row.sum) }));
}

async function sumWhere(tx: Tx, user: string, where: Expression<SqlBool>): Promise<Money> {
  const row = await tx
    .selectFrom("ledger")
    .select(sql<string>`cast(coalesce(sum("amount"), 0) as text)`.as("sum"))
    .where("user", "=", user)
    .where(where)
    .executeTakeFirstOrThrow();
  return BigInt(row.sum);
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
