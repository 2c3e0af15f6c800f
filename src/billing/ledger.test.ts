import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { sql } from "kysely";
import { bounded } from "../../testing/property.ts";
import { ENGINES, freshStore, lacking } from "../../testing/stores.ts";
import { createUser } from "../accounts/users.ts";
import type { Store } from "../store/store.ts";
import { appendAll, appendEntries, balanceOf, type Entry, entryOfReference } from "./ledger.ts";
import { checkLedgers } from "./ledger-check.ts";

for (const engine of ENGINES) {
  const skip = { skip: lacking(engine) };
  const opened = async (t: TestContext): Promise<Store> => {
    const store = await (await freshStore(t, engine))();
    t.after(() => store.close());
    return store;
  };
  const credit = (amount: bigint, more: Partial<Entry> = {}): Entry => ({
    ...{ kind: "credit", amount, text: "paid" },
    ...more,
  });

  test(
    `${engine}: a balance is the sum of all entries, to the last digit, and their numbers grow by one`,
    skip,
    async (t) => {
      const store = await opened(t);
      const users = await Promise.all(
        ["ann", "ben"].map(async (name) => (await createUser(store, name)).uuid),
      );
      const sums = new Map(users.map((user) => [user, { sum: 0n, count: 0 }]));
      const amounts = fc.array(fc.bigInt({ min: -(2n ** 54n), max: 2n ** 54n }), { maxLength: 3 });
      await fc.assert(
        fc.asyncProperty(amounts, amounts, async (...lists) => {
          const entries = new Map(
            users.map((user, at) => [user, (lists[at] ?? []).map((each) => credit(each))]),
          );
          const rows = await store.transaction((tx) => appendAll(tx, 7, entries));
          for (const [user, { length }] of entries) {
            const known = sums.get(user) ?? { sum: 0n, count: 0 };
            const own = rows.filter((row) => row.user === user);
            assert.deepEqual(
              own.map(({ entry }) => entry),
              Array.from({ length }, (_, at) => known.count + at + 1),
            );
            for (const { amount, balance } of own) {
              known.sum += amount;
              assert.equal(balance, known.sum);
            }
            known.count += length;
            assert.equal(await store.snapshot((tx) => balanceOf(tx, user)), known.sum);
          }
        }),
        bounded(25),
      );
      const { entries, faults } = await checkLedgers(store);
      assert.deepEqual(faults, []);
      assert.equal(
        entries,
        [...sums.values()].reduce((sum, { count }) => sum + count, 0),
      );
    },
  );

  test(`${engine}: no entry of the ledger can be changed or removed`, skip, async (t) => {
    const store = await opened(t);
    const { uuid } = await createUser(store, "ann");
    await store.transaction((tx) => appendEntries(tx, uuid, 7, [credit(1n)]));
    for (const statement of [
      sql`update ledger set amount = 2`,
      sql`update ledger set text = 'x'`,
      sql`delete from ledger`,
      ...(engine === "postgres" ? [sql`truncate ledger`] : []),
    ]) {
      await assert.rejects(
        store.transaction((tx) => statement.execute(tx)),
        /never (changed|removed)/,
      );
    }
    assert.equal(await store.snapshot((tx) => balanceOf(tx, uuid)), 1n);
  });

  test(
    `${engine}: an hour of a resource is charged once, and a reference of an account used once`,
    skip,
    async (t) => {
      const store = await opened(t);
      const [ann, ben] = [await createUser(store, "ann"), await createUser(store, "ben")];
      const burst = credit(-1n, { kind: "burst", resource: "cpu", from: 3600, to: 7200 });
      const enter = (user: string, entry: Entry) =>
        store.transaction((tx) => appendEntries(tx, user, 7, [entry]));
      await enter(ann.uuid, burst);
      await assert.rejects(enter(ann.uuid, burst));
      await enter(ann.uuid, { ...burst, resource: "mem" });
      await enter(ben.uuid, burst);
      await enter(ann.uuid, credit(5n, { reference: "r" }));
      await assert.rejects(enter(ann.uuid, credit(5n, { reference: "r" })));
      await enter(ben.uuid, credit(5n, { reference: "r" }));
      const found = await store.snapshot((tx) => entryOfReference(tx, ann.uuid, "r"));
      assert.equal(found?.entry, 3);
      assert.equal(await store.snapshot((tx) => entryOfReference(tx, ann.uuid, "other")), null);
    },
  );

  test(
    `${engine}: the check names the first entry of each ledger that does not follow from those before`,
    skip,
    async (t) => {
      const store = await opened(t);
      const users = [];
      for (const name of ["ann", "ben", "cid"]) users.push((await createUser(store, name)).uuid);
      const [ann = "", ben = "", cid = ""] = users;
      const row = (user: string, entry: number, amount: bigint, balance: bigint) => ({
        ...{ user, entry, amount, balance, time: 7, kind: "credit" as const, resource: null },
        ...{ from: null, to: null, text: "", reference: null },
      });
      await store.transaction((tx) =>
        tx
          .insertInto("ledger")
          .values([
            ...[row(ann, 1, 5n, 5n), row(ann, 2, 5n, 11n), row(ann, 3, 1n, 13n)],
            ...[row(ben, 1, 2n ** 60n, 2n ** 60n), row(ben, 2, 1n, 2n ** 60n + 1n)],
            ...[row(cid, 1, 5n, 5n), row(cid, 3, 1n, 6n)],
          ])
          .execute(),
      );
      const { entries, faults } = await checkLedgers(store);
      assert.equal(entries, 7);
      const expected = [
        { user: ann, entry: 2, fault: "its balance is not that before it and its amount" },
        { user: cid, entry: 3, fault: "entry 2 is missing" },
      ];
      assert.deepEqual(
        faults,
        expected.sort((one, other) => (one.user < other.user ? -1 : 1)),
      );
    },
  );
}
