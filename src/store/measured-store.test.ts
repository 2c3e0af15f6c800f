import assert from "node:assert/strict";
import { test } from "node:test";
import { freshStore } from "../../testing/stores.ts";
import { withTransactions } from "../../testing/transactions.ts";
import { CommitUnknown, StoreFull, StoreUnavailable } from "../base/store-errors.ts";
import { MeasuredStore } from "./measured-store.ts";

test("transactions are timed whatever comes of them, and what the store could not do is counted by what it was", async (t) => {
  const inner = await (await freshStore(t, "sqlite"))();
  t.after(() => inner.close());
  const errors = [
    new StoreUnavailable("late", "away"),
    new StoreFull(),
    new StoreFull(),
    new CommitUnknown({ cause: null }),
    new Error("a defect"),
  ];
  const store = new MeasuredStore(
    withTransactions(inner, (work, options) => {
      const error = errors.shift();
      return error === undefined ? inner.transaction(work, options) : Promise.reject(error);
    }),
  );
  for (const error of [...errors])
    await assert.rejects(
      store.transaction(async () => {}),
      error,
    );
  const drives = await store.transaction((tx) => tx.selectFrom("drives").selectAll().execute());
  assert.deepEqual(drives, []);
  assert.deepEqual(store.figures.faults, { unavailable: 1, full: 2, commit_unknown: 1 });
  assert.equal(store.figures.transactions.count, 6);
  const refused = store.snapshot(() => Promise.reject(new StoreUnavailable("lost", "away")));
  await assert.rejects(refused, /away/);
  assert.equal(store.figures.faults.unavailable, 2);
});
