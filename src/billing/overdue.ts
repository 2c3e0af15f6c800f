/** Accounts that are overdue: charging one has failed, so that its hours are behind those of all others. */
import { HOUR_S } from "../metering/roll-up.ts";
import type { Tx } from "../store/store.ts";
import { chargeHour } from "./hour.ts";
import { priceListAt } from "./prices.ts";
import { firstEndedOf, settleEnd } from "./renewals.ts";

/** Those who failed: few, since that is a defect. */
export const overdueAccounts = (tx: Tx) => tx.selectFrom("overdue").selectAll().orderBy("user").execute();

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
export async function catchUp(tx: Tx, user: string, hour: number, now: number): Promise<boolean> {
  const row = await tx.selectFrom("overdue").select("until").where("user", "=", user).executeTakeFirst();
  if (row === undefined) return false;
  const next = row.until;
  const ended = await firstEndedOf(tx, user, Math.min(now, next + HOUR_S - 1));
  if (ended !== null) {
    await settleEnd(tx, ended, now);
    return true;
  }
  if (next >= hour) {
    await tx.deleteFrom("overdue").where("user", "=", user).execute();
    return false;
  }
  await chargeHour(tx, [user], { hour: next, list: await priceListAt(tx, next), at: now });
  await tx
    .updateTable("overdue")
    .set({ until: next + HOUR_S })
    .where("user", "=", user)
    .execute();
  return true;
}
