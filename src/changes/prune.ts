/** What became of objects is kept for a day, and of each account no more than triggers leave (`0016-triggers.ts`). */
import { DAY_S } from "../base/durations.ts";
import { inSteps } from "../store/in-steps.ts";
import type { Store, Tx } from "../store/store.ts";

const KEPT_S = DAY_S;
const PRUNED_AT_ONCE = 100;

/** Removes what is older. Errors: the store's. */
export async function pruneChanges(store: Store, nowMs: number = Date.now()): Promise<void> {
  const before = Math.floor(nowMs / 1000) - KEPT_S;
  await inSteps(store, (tx) => oldOnes(tx, before), remove);
}

type Numbered = { readonly user: string; readonly serial: number };

const oldOnes = (tx: Tx, before: number): Promise<readonly Numbered[]> =>
  tx
    .selectFrom("changes")
    .select(["user", "serial"])
    .where("time", "<", before)
    .orderBy("time")
    .limit(PRUNED_AT_ONCE)
    .execute();

async function remove(tx: Tx, changes: readonly Numbered[]): Promise<void> {
  for (const { user, serial } of changes)
    await tx.deleteFrom("changes").where("user", "=", user).where("serial", "=", serial).execute();
}
