/**
 * Subscriptions (accounts: subscriptions): an amount of a resource, paid for in advance for a month or a year. Those that are
 * active at a moment are added up, and what is used beyond them is burst.
 */
import { randomUUID } from "node:crypto";
import { type Kysely, type Selectable, sql } from "kysely";
import { billing } from "../base/errors.ts";
import type { Step } from "../metering/levels.ts";
import type { Hours } from "../metering/spans.ts";
import type { SubscriptionsTable } from "../store/billing-tables.ts";
import { exact } from "../store/exact.ts";
import { statement, statementOfValues } from "../store/statement.ts";
import type { Tx } from "../store/store.ts";
import type { Tables } from "../store/tables.ts";
import { appendEntries, balanceOf } from "./ledger.ts";
import { type Money, moneyText, type Priced } from "./money.ts";
import { currencyOf, PERIOD_S, type Period } from "./prices.ts";

type Row = Omit<Selectable<SubscriptionsTable>, "amount" | "price" | "used" | "resource">;

export type Subscription = Row & {
  readonly resource: Priced;
  readonly amount: bigint;
  readonly price: Money;
  /** Of `xfer`: bytes of it that are used up, by what is rolled up. */
  readonly used: bigint;
};

/** Of a subscription whose end was not seen to. In the text of a query: by a parameter, SQLite would plan it anew each time. */
export const UNSETTLED = sql.lit(0 as const);

/** A query whose rows `readSubscription` reads. */
export const subscriptionRows = (db: Kysely<Tables>) =>
  db
    .selectFrom("subscriptions")
    .select(["serial", "uuid", "user", "period", "from", "to", "renew", "settled"])
    .select((row) => [
      row.ref("resource").$castTo<Priced>().as("resource"),
      exact("amount").as("amount"),
      exact("price").as("price"),
      exact("used").as("used"),
    ]);

export type SubscriptionRow = Row &
  Readonly<Record<"amount" | "price" | "used", string>> & { readonly resource: Priced };

export const readSubscription = ({ amount, price, used, ...row }: SubscriptionRow): Subscription => ({
  ...row,
  amount: BigInt(amount),
  price: BigInt(price),
  used: BigInt(used),
});

/** Those of the account that are of a time between `from` and `to`, in the order in which they were made. */
export const subscriptionsWithin = async (
  tx: Tx,
  user: string,
  hours: Hours,
): Promise<readonly Subscription[]> => (await subscriptionsOfAll(tx, [user], hours)).get(user) ?? [];

/** The same of several accounts. */
export async function subscriptionsOfAll(
  tx: Tx,
  users: readonly string[],
  { from, to }: Hours,
): Promise<ReadonlyMap<string, readonly Subscription[]>> {
  const found = new Map<string, Subscription[]>();
  if (users.length === 0) return found;
  const { rows } = await within(tx, users, { from, to });
  for (const each of rows.map(readSubscription)) {
    const own = found.get(each.user);
    if (own === undefined) found.set(each.user, [each]);
    else own.push(each);
  }
  return found;
}

const within = statementOfValues<Hours, SubscriptionRow>((db, users, param) =>
  subscriptionRows(db)
    .where("user", "in", users)
    .where("to", ">", param("from"))
    .where("from", "<", param("to"))
    .orderBy("serial"),
);

/**
 * What those of the subscriptions cover that are to the resource, at each moment from `from` to `to`: steps in their order. None for `xfer`,
 * which is used up (`stores.ts`).
 */
export function stepsOf(
  subscriptions: readonly Subscription[],
  resource: string,
  from: number,
  to: number,
): readonly Step[] {
  const own = subscriptions.filter((each) => each.resource === resource && resource !== "xfer");
  const times = own.flatMap((each) => [Math.max(each.from, from), Math.min(each.to, to)]);
  const edges = [...new Set(times)].sort((one, other) => one - other);
  return edges.slice(0, -1).flatMap((edge, at) => {
    const next = edges[at + 1] ?? edge;
    const amount = own.reduce(
      (sum, each) => sum + (each.from <= edge && each.to > edge ? each.amount : 0n),
      0n,
    );
    return amount === 0n ? [] : [{ from: edge, to: next, amount }];
  });
}

/** Whether it covers now what is used: one that is to be renewed does until that is done, or not. */
export const isActive = ({ from, to, renew, settled }: Subscription, now: number): boolean =>
  from <= now && (now < to || (renew === 1 && settled === 0));

/** How much of each resource subscriptions cover now. */
export async function coveredNow(tx: Tx, user: string, now: number): Promise<ReadonlyMap<Priced, bigint>> {
  const covered = new Map<Priced, bigint>();
  for (const each of await unsettledOf(tx, user)) {
    if (each.resource !== "xfer" && isActive(each, now))
      covered.set(each.resource, (covered.get(each.resource) ?? 0n) + each.amount);
  }
  return covered;
}

/** Those of which nothing is settled yet. */
async function unsettledOf(tx: Tx, user: string): Promise<readonly Subscription[]> {
  const { rows } = await unsettled(tx, { user });
  return rows.map(readSubscription);
}

const unsettled = statement<{ user: string }, SubscriptionRow>((db, param) =>
  subscriptionRows(db).where("user", "=", param("user")).where("settled", "=", UNSETTLED),
);

/** A subscription as it is bought. */
export type Purchase = {
  readonly user: string;
  readonly resource: Priced;
  readonly amount: bigint;
  readonly period: Period;
  /** From when it holds. */
  readonly from: number;
  readonly renew: boolean;
  readonly price: Money;
};

/**
 * Charges for a subscription and records it; answers its uuid. Credit buys none.
 *
 * @param at when it is charged
 *
 * Errors: `billing`, the balance does not hold its price.
 */
export async function buy(tx: Tx, purchase: Purchase, at: number): Promise<string> {
  const { user, resource, amount, period, from, renew, price } = purchase;
  const balance = await balanceOf(tx, user);
  if (balance < price)
    throw billing(
      "funds_short",
      `the subscription costs ${moneyText(price)} ${await currencyOf(tx)}, and your balance is ${moneyText(balance)}`,
    );
  const [uuid, to] = [randomUUID() as string, from + PERIOD_S[period]];
  const text = `a ${period} of ${amount} of ${resource}`;
  await appendEntries(tx, user, at, [{ kind: "subscription", amount: -price, resource, from, to, text }]);
  await tx
    .insertInto("subscriptions")
    .values({ uuid, user, resource, amount, period, from, to, renew: renew ? 1 : 0, price, used: 0n })
    .execute();
  return uuid;
}
