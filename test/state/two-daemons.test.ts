/**
 * Two daemons on one store and one machine: random commands to both, either of them frozen or killed at any effect, a
 * way to the machine that loses, doubles and delays calls, guests that write and end. Runs some seconds, or as long as
 * `LODGE_TEST_SECONDS` says; `LODGE_TEST_SEED` repeats the choices of a run.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Store } from "../../src/store/store.ts";
import { Contest } from "../../testing/contest.ts";
import { chosenEngine, freshStore } from "../../testing/stores.ts";

const SECONDS = Number(process.env.LODGE_TEST_SECONDS ?? 6);
/** A contest lasts so long at most; then a new one begins, of which less is to be known when it fails. */
const MOST_SECONDS = 6;

/** Two ways to one store: SQLite's writers wait for one another within a process, so both use the same connection. */
async function openTwice(openStore: () => Promise<Store>): Promise<readonly [Store, Store]> {
  const store = await openStore();
  return chosenEngine() === "sqlite" ? [store, store] : [store, await openStore()];
}

test("two daemons on one store and one machine agree with both, whatever is lost, late, frozen or killed", async (t) => {
  const first = Number(process.env.LODGE_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
  const end = performance.now() + SECONDS * 1000;
  for (let seed = first; performance.now() < end; seed++) {
    const stores = await openTwice(await freshStore(t, chosenEngine()));
    try {
      const seconds = Math.min(MOST_SECONDS, (end - performance.now()) / 1000);
      await new Contest({ seed, stores, seconds }).run();
    } catch (error) {
      assert.fail(`with LODGE_TEST_SEED=${seed}: ${(error as Error).stack}`);
    } finally {
      for (const store of new Set(stores)) await store.close();
    }
  }
});
