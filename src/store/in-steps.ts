/** Much that is to go from the store goes a few rows at a time: nobody waits for it. */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Store, Tx } from "./store.ts";

/**
 * Removes what is found, some at a time, until nothing is. What is never old again is looked for without a lock first.
 * Errors: the store's.
 *
 * @param find finds some of it, by an index
 */
export async function inSteps<Key>(
  store: Store,
  find: (tx: Tx) => Promise<readonly Key[]>,
  remove: (tx: Tx, found: readonly Key[]) => Promise<unknown>,
): Promise<void> {
  while ((await store.snapshot(find)).length > 0) {
    await store.transaction(async (tx) => {
      const found = await find(tx);
      if (found.length > 0) await remove(tx, found);
    });
    await nextTurn();
  }
}
