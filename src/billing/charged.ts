/**
 * Up to where use is charged: one time for all accounts, before which all hours are rolled up and charged, but for accounts of
 * which that failed, whose own hours are behind.
 */
import { hourOf } from "../metering/roll-up.ts";
import type { Tx } from "../store/store.ts";

/** Up to where all accounts are charged, those that are overdue apart. @param now where nothing is recorded yet: this hour's begin */
export async function allChargedUntil(tx: Tx, now: number): Promise<number> {
  const row = await tx.selectFrom("charged").select("until").executeTakeFirst();
  return row?.until ?? hourOf(now);
}

/** Up to where the account is. */
export async function chargedUntil(tx: Tx, user: string, now: number): Promise<number> {
  const overdue = await tx.selectFrom("overdue").select("until").where("user", "=", user).executeTakeFirst();
  if (overdue !== undefined) return overdue.until;
  const own = await tx.selectFrom("meters").select("until").where("user", "=", user).executeTakeFirst();
  return Math.max(await allChargedUntil(tx, now), own?.until ?? 0);
}

/** Those of the accounts that are behind the others. */
export const overdueOf = (tx: Tx, users: readonly string[]) =>
  tx.selectFrom("overdue").select("user").where("user", "in", users).execute();

/** Records that all are charged up to there. */
export async function recordCharged(tx: Tx, until: number): Promise<void> {
  const { numUpdatedRows } = await tx.updateTable("charged").set({ until }).executeTakeFirst();
  if (numUpdatedRows === 0n) await tx.insertInto("charged").values({ until }).execute();
}
