import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { ENGINES, freshStore, lacking } from "../../testing/stores.ts";
import { createUser } from "../accounts/users.ts";
import { recordHour } from "./roll-up.ts";
import { beginUse, changeUse, endUse, spansOf } from "./spans.ts";
import { noteTransfer, transfersOf } from "./transfers.ts";

for (const engine of ENGINES) {
  describe(`spans of use on ${engine}`, { skip: lacking(engine) }, () => {
    async function opened(t: TestContext) {
      const store = await (await freshStore(t, engine))();
      t.after(() => store.close());
      const { uuid: user } = await createUser(store, "ann");
      const spans = () =>
        store.transaction((tx) =>
          tx
            .selectFrom("spans")
            .select(["resource", "amount", "begins", "ends"])
            .orderBy("serial")
            .execute()
            .then((rows) => rows.map((row) => Object.values(row))),
        );
      return { store, user, spans };
    }

    test("begin, change and end, each where the one before it ended", async (t) => {
      const { store, user, spans } = await opened(t);
      await store.transaction(async (tx) => {
        await beginUse(tx, { user, resource: "cpu", object: "s", amount: 500 }, 100);
        await beginUse(tx, { user, resource: "mem", object: "s", amount: 64 }, 100);
        await changeUse(tx, { object: "s", resource: "cpu", amount: 500 }, 110);
        await changeUse(tx, { object: "s", resource: "cpu", amount: 700 }, 120);
        await changeUse(tx, { object: "nothing", resource: "cpu", amount: 700 }, 120);
      });
      await store.transaction((tx) => endUse(tx, "s", 130, ["mem"]));
      assert.deepEqual(await spans(), [
        ["cpu", 500, 100, 120],
        ["mem", 64, 100, 130],
        ["cpu", 700, 120, null],
      ]);
      await store.transaction((tx) => endUse(tx, "s", 140));
      assert.deepEqual((await spans()).at(-1), ["cpu", 700, 120, 140]);
    });

    test("are open once an object and resource: of one that was left open, the next takes the place", async (t) => {
      const { store, user, spans } = await opened(t);
      const { uuid: other } = await createUser(store, "bob");
      const use = { user, resource: "ip", object: "203.0.113.2", amount: 1 } as const;
      await store.transaction((tx) => beginUse(tx, use, 100));
      await store.transaction((tx) => beginUse(tx, { ...use, user: other }, 110));
      await store.transaction((tx) => beginUse(tx, { ...use, resource: "vlan" }, 110));
      assert.deepEqual(await spans(), [
        ["ip", 1, 110, null],
        ["vlan", 1, 110, null],
      ]);
      const of = (asked: string) =>
        store.transaction((tx) => spansOf(tx, asked, { from: 0, to: 200 }).then(({ size }) => size));
      assert.deepEqual([await of(user), await of(other)], [1, 1]);
    });

    test("do not end before they begin, nor in hours that are rolled up", async (t) => {
      const { store, user, spans } = await opened(t);
      const use = { user, resource: "disk", object: "d", amount: 1024 } as const;
      await store.transaction(async (tx) => {
        await beginUse(tx, use, 100);
        await endUse(tx, "d", 90);
        await beginUse(tx, use, 200);
        await recordHour(tx, user, 0, []);
        await endUse(tx, "d", 3000);
      });
      assert.deepEqual(await spans(), [
        ["disk", 1024, 100, 100],
        ["disk", 1024, 200, 3600],
      ]);
    });

    test("are found where they meet a stretch of time, their first second included and the one at their end not", async (t) => {
      const { store, user } = await opened(t);
      await store.transaction(async (tx) => {
        for (const [object, begins, ends] of [
          ["a", 0, 100],
          ["b", 0, 101],
          ["c", 199, 300],
          ["d", 200, 300],
        ] as const) {
          await beginUse(tx, { user, resource: "ip", object, amount: 1 }, begins);
          await endUse(tx, object, ends);
        }
        await beginUse(tx, { user, resource: "vlan", object: "e", amount: 1 }, 50);
        await beginUse(tx, { user, resource: "vlan", object: "f", amount: 1 }, 200);
      });
      const found = await store.transaction((tx) => spansOf(tx, user, { from: 100, to: 200 }));
      const times = (resource: "ip" | "vlan") =>
        found.get(resource)?.map(({ begins, ends }) => [begins, ends]);
      assert.deepEqual(times("ip"), [
        [0, 101],
        [199, 300],
      ]);
      assert.deepEqual(times("vlan"), [[50, null]]);
    });

    test("transfers of one second add up, and go with their hour", async (t) => {
      const { store, user } = await opened(t);
      const bytes = 2n ** 40n;
      const noted = await store.transaction(async (tx) => {
        for (const time of [10, 10, 3600]) await noteTransfer(tx, user, Number(bytes), time);
        await noteTransfer(tx, user, 0, 20);
        return transfersOf(tx, user, 3601);
      });
      assert.deepEqual(
        noted.map((row) => Object.values(row)),
        [
          [10, 2n * bytes],
          [3600, bytes],
        ],
      );
      await store.transaction((tx) => recordHour(tx, user, 0, []));
      const left = await store.transaction((tx) => transfersOf(tx, user, 9999));
      assert.deepEqual(
        left.map(({ time }) => time),
        [3600],
      );
    });
  });
}
