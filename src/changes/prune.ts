/** What became of objects is kept for a day, and of each account no more than triggers leave (`0016-triggers.ts`). */
import type { Store } from "../store/store.ts";

const KEPT_S = 86_400;
const PRUNED_AT_ONCE = 1_000;

/** Removes what is older, a few rows at a time: nobody waits for it. Errors: the store's. */
export async function pruneChanges(store: Store, nowMs: number = Date.now()): Promise<void> {
  const before = Math.floor(nowMs / 1000) - KEPT_S;
  for (let removed = PRUNED_AT_ONCE; removed === PRUNED_AT_ONCE; ) {
    removed = await store.transaction(async (tx) => {
      const old = await tx
        .selectFrom("changes")
        .select(["user", "serial"])
        .where("time", "<", before)
        .orderBy("time")
        .limit(PRUNED_AT_ONCE)
        .execute();
      for (const { user, serial } of old)
        await tx.deleteFrom("changes").where("user", "=", user).where("serial", "=", serial).execute();
      return old.length;
    });
  }
}
