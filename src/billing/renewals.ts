/**
 * The end of a subscription (accounts: subscriptions): one that is to be renewed is charged and followed by another, at the
 * prices of the moment when it ends, where the balance holds them; else that was the end of it.
 */
import { LodgeError } from "../base/errors.ts";
import { statement } from "../store/statement.ts";
import type { Tx } from "../store/store.ts";
import { tellHooks } from "../webhooks/outbox.ts";
import { PERIOD_S, priceListAt, priceOf } from "./prices.ts";
import {
  buy,
  readSubscription,
  type Subscription,
  type SubscriptionRow,
  subscriptionRows,
  UNSETTLED,
} from "./subscriptions.ts";

/** What became of one that has ended. */
export type Ended = { readonly subscription: Subscription; readonly renewed: string | null };

/**
 * Those that have ended by `time` and are not settled, the first to end first, of accounts that are charged in their time: as many
 * as end before what follows the first of them does, which may have ended by then, too.
 */
export async function endedBy(tx: Tx, time: number, most: number): Promise<readonly Subscription[]> {
  const { rows } = await ended(tx, { time, most });
  const [first] = rows;
  return rows
    .filter(({ to }) => first !== undefined && to <= first.to + PERIOD_S.month)
    .map(readSubscription);
}

const ended = statement<{ time: number; most: number }, SubscriptionRow>((db, param) =>
  subscriptionRows(db)
    .where("settled", "=", UNSETTLED)
    .where("to", "<=", param("time"))
    .where("user", "not in", db.selectFrom("overdue").select("user"))
    .orderBy("to")
    .orderBy("serial")
    .limit(param("most")),
);

/** The same of one account, whether that is charged in its time or not: the first; null where there is none. */
export async function firstEndedOf(tx: Tx, user: string, time: number): Promise<Subscription | null> {
  const row = await subscriptionRows(tx)
    .where("user", "=", user)
    .where("settled", "=", UNSETTLED)
    .where("to", "<=", time)
    .orderBy("to")
    .orderBy("serial")
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? null : readSubscription(row);
}

/**
 * Settles the end of one: null where that was done already. All hours that ended at its end or before are charged by then.
 *
 * @param at when that is
 */
export async function settleEnd(tx: Tx, { uuid }: Subscription, at: number): Promise<Ended | null> {
  const { numUpdatedRows } = await tx
    .updateTable("subscriptions")
    .set({ settled: 1 })
    .where("uuid", "=", uuid)
    .where("settled", "=", UNSETTLED)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) return null;
  // It may have been set anew since it was read.
  const row = await subscriptionRows(tx).where("uuid", "=", uuid).executeTakeFirstOrThrow();
  const subscription = readSubscription(row);
  const renewed = subscription.renew === 1 ? await renew(tx, subscription, at) : null;
  await tellEnd(tx, subscription, renewed);
  return { subscription, renewed };
}

async function tellEnd(tx: Tx, { uuid, user }: Subscription, renewed: string | null): Promise<void> {
  if (renewed === null) await tellHooks(tx, "subscription.ended", user, { subscription: uuid });
  else await tellHooks(tx, "subscription.renewed", user, { subscription: renewed, followed: uuid });
}

/** Answers the uuid of the one that follows, null where none does. */
async function renew(tx: Tx, ended: Subscription, at: number): Promise<string | null> {
  const { user, resource, amount, period, to } = ended;
  const account = await tx.selectFrom("users").select("status").where("uuid", "=", user).executeTakeFirst();
  const price = priceOf(await priceListAt(tx, to), resource, amount, period);
  if (price === null || account === undefined || account.status === "closed") return null;
  try {
    return await buy(tx, { user, resource, amount, period, from: to, renew: true, price }, at);
  } catch (error) {
    if (error instanceof LodgeError && error.code === "funds_short") return null;
    throw error;
  }
}
