/** Accounts that are overdue: charging one has failed, so that its hours are behind those of all others. */

import { HOUR_S } from "../base/durations.ts";
import { type AddedUp, addUp, crowdedOf } from "../metering/crowded.ts";
import { statement } from "../store/statement.ts";
import type { Store, Tx } from "../store/store.ts";
import { chargeHour } from "./hour.ts";
import { priceListAt } from "./prices.ts";
import { firstEndedOf, settleEnd } from "./renewals.ts";

/** Those who failed: few, since that is a defect. */
export const overdueAccounts = async (tx: Tx) => (await all(tx, {})).rows;

const all = statement<Record<string, never>, { user: string; until: number }>((db) =>
  db.selectFrom("overdue").selectAll().orderBy("user"),
);

export async function isOverdue(tx: Tx, user: string): Promise<boolean> {
  const row = await tx.selectFrom("overdue").select("user").where("user", "=", user).executeTakeFirst();
  return row !== undefined;
}

/** Records that the account is charged up to `hour`, in seconds since the epoch; does nothing where it is overdue already. */
export async function leaveBehind(tx: Tx, user: string, hour: number): Promise<void> {
  await tx
    .insertInto("overdue")
    .values({ user, until: hour })
    .onConflict((conflict) => conflict.column("user").doNothing())
    .execute();
}

/**
 * The next step of an account that is behind: the end of a subscription, or an hour. Answers whether more is to be done; one
 * that has come to where the others are, up to `hour`, is overdue no more.
 */
export async function catchUp(store: Store, user: string, hour: number, now: number): Promise<boolean> {
  const addedUp = await firstHourOf(store, user);
  return store.transaction((tx) => step(tx, user, { hour, now, addedUp }), { grows: true });
}

/** What of the first hour that it is not charged for is to be added up before; undefined where that is little. */
async function firstHourOf(store: Store, user: string): Promise<AddedUp | undefined> {
  const within = await store.snapshot(async (tx) => {
    const from = await behindFrom(tx, user);
    if (from === null) return null;
    const hours = { from, to: from + HOUR_S };
    return (await crowdedOf(tx, [user], hours)).length > 0 ? hours : null;
  });
  return within === null ? undefined : addUp(store, user, within);
}

async function behindFrom(tx: Tx, user: string): Promise<number | null> {
  const row = await tx.selectFrom("overdue").select("until").where("user", "=", user).executeTakeFirst();
  return row?.until ?? null;
}

async function step(
  tx: Tx,
  user: string,
  {
    hour,
    now,
    addedUp,
  }: { readonly hour: number; readonly now: number; readonly addedUp: AddedUp | undefined },
): Promise<boolean> {
  const next = await behindFrom(tx, user);
  if (next === null) return false;
  const ended = await firstEndedOf(tx, user, Math.min(now, next + HOUR_S - 1));
  if (ended !== null) {
    await settleEnd(tx, ended, now);
    return true;
  }
  if (next >= hour) {
    await tx.deleteFrom("overdue").where("user", "=", user).execute();
    return false;
  }
  await chargeHour(tx, [user], { hour: next, list: await priceListAt(tx, next), at: now, addedUp });
  await tx
    .updateTable("overdue")
    .set({ until: next + HOUR_S })
    .where("user", "=", user)
    .execute();
  return true;
}
