import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ENGINES, freshStore, lacking } from "../../testing/stores.ts";
import { createUser } from "../accounts/users.ts";
import { accountsInUse, readUsage, recordHour, rolledUpUntil } from "./roll-up.ts";
import { beginUse, endUse } from "./spans.ts";
import { noteTransfer } from "./transfers.ts";

const HUGE = 123_456_789_012_345_678_901_234_567_890n;

for (const engine of ENGINES) {
  describe(`rolled up use on ${engine}`, { skip: lacking(engine) }, () => {
    test("of a day is the exact sum of its hours, each of which is recorded once", async (t) => {
      const store = await (await freshStore(t, engine))();
      t.after(() => store.close());
      const { uuid: user } = await createUser(store, "ann");
      const disk = { resource: "disk", used: HUGE, subscribed: 1n, burst: HUGE - 1n, cost: 7n } as const;
      const record = (hour: number) =>
        store.transaction((tx) => recordHour(tx, user, hour, [disk, { ...disk, resource: "ip", used: 1n }]));
      assert.equal(await store.transaction((tx) => rolledUpUntil(tx, user)), null);
      for (const hour of [79_200, 82_800, 86_400]) await record(hour);
      await assert.rejects(record(86_400));
      const days = await store.transaction((tx) =>
        tx.selectFrom("usage_days").selectAll().where("resource", "=", "disk").orderBy("day").execute(),
      );
      assert.deepEqual(
        days.map((row) => [row.day, readUsage(row)]),
        [
          [0, { ...disk, used: 2n * HUGE, subscribed: 2n, burst: 2n * HUGE - 2n, cost: 14n }],
          [86_400, disk],
        ],
      );
      assert.equal(await store.transaction((tx) => rolledUpUntil(tx, user)), 90_000);
    });

    test("is of the accounts that used something in the time, a page at a time", async (t) => {
      const store = await (await freshStore(t, engine))();
      t.after(() => store.close());
      const users: string[] = [];
      for (const name of ["none", "open", "ended", "ended before", "begins later", "transferred"])
        users.push((await createUser(store, name)).uuid);
      const [, open = "", ended = "", before = "", later = "", transferred = ""] = users;
      await store.transaction(async (tx) => {
        for (const [user, begins, ends] of [
          [open, 0, null],
          [ended, 0, 101],
          [before, 0, 100],
          [later, 200, null],
        ] as const) {
          await beginUse(tx, { user, resource: "ip", object: user, amount: 1 }, begins);
          if (ends !== null) await endUse(tx, user, ends);
        }
        await noteTransfer(tx, transferred, 1, 199);
      });
      const page = (after: string) =>
        store.transaction((tx) => accountsInUse(tx, { from: 100, to: 200 }, after, 2));
      const first = await page("");
      const second = await page(first.at(-1) ?? "");
      assert.deepEqual([...first, ...second], [open, ended, transferred].sort());
      assert.deepEqual(await page(second.at(-1) ?? ""), []);
    });
  });
}
