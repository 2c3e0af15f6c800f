import assert from "node:assert/strict";
import { test } from "node:test";
import { ENGINES, freshStore, lacking } from "../../testing/stores.ts";
import { createUser } from "../accounts/users.ts";
import { usageBetween } from "../usage/usage.ts";
import { hoursKeptFrom, pruneUse } from "./prune.ts";
import { recordHour } from "./roll-up.ts";
import { beginUse, endUse } from "./spans.ts";

const DAY = 86_400;

for (const engine of ENGINES) {
  test(`spans go once their hours are rolled up and 35 days have passed, those that are open never, on ${engine}`, {
    skip: lacking(engine),
  }, async (t) => {
    const store = await (await freshStore(t, engine))();
    t.after(() => store.close());
    const { uuid: user } = await createUser(store, "ann");
    const { uuid: behind } = await createUser(store, "bob");
    const span = async (of: string, object: string, ends: number | null) =>
      store.transaction(async (tx) => {
        await beginUse(tx, { user: of, resource: "ip", object, amount: 1 }, 0);
        if (ends !== null) await endUse(tx, object, ends);
      });
    for (let index = 0; index < 520; index++) await span(user, `old ${index}`, index);
    await span(user, "old enough", 5 * DAY);
    await span(user, "too young", 5 * DAY + 1);
    await span(user, "open", null);
    await span(behind, "not rolled up", DAY);
    await store.transaction(async (tx) => {
      await recordHour(tx, user, 30 * DAY, []);
      await recordHour(tx, behind, DAY - 7200, []);
    });
    await pruneUse(store, { now: () => 40 * DAY });
    const left = await store.transaction((tx) =>
      tx.selectFrom("spans").select("object").orderBy("serial").execute(),
    );
    assert.deepEqual(
      left.map(({ object }) => object),
      ["too young", "open", "not rolled up"],
    );
  });

  test(`hours go once a hundred days have passed, their days stay, and whole days are told as they were, on ${engine}`, {
    skip: lacking(engine),
  }, async (t) => {
    const store = await (await freshStore(t, engine))();
    t.after(() => store.close());
    const { uuid: user } = await createUser(store, "ann");
    const cpu = { resource: "cpu", used: 3600n, subscribed: 0n, burst: 3600n, cost: 1n } as const;
    await store.transaction(async (tx) => {
      for (let hour = 0; hour < 30 * DAY; hour += 3600) await recordHour(tx, user, hour, [cpu]);
    });
    const now = 120 * DAY + 5000;
    assert.equal(hoursKeptFrom(now), 20 * DAY);
    const told = async ([from, to]: readonly [number, number]) => {
      const usages = await usageBetween(store, user, { from, to }, now);
      return usages.find(({ resource }) => resource === "cpu")?.used;
    };
    const asked = [
      [0, 30 * DAY],
      [3 * DAY, 5 * DAY],
      [19 * DAY, 20 * DAY + 3600],
      [20 * DAY + 3600, 21 * DAY - 3600],
    ] as const;
    const before = await Promise.all(asked.map((hours) => told(hours)));
    await pruneUse(store, { now: () => now });
    const { count, first } = await store.transaction((tx) =>
      tx
        .selectFrom("usage_hours")
        .select((row) => [row.fn.countAll().as("count"), row.fn.min("hour").as("first")])
        .executeTakeFirstOrThrow(),
    );
    // A day more than is told of is there.
    assert.deepEqual([Number(count), Number(first)], [11 * 24, 19 * DAY]);
    assert.deepEqual(await Promise.all(asked.map((hours) => told(hours))), before);
    assert.equal(before[1], 48n * 3600n);
    for (const hours of [
      [3600, 5 * DAY],
      [0, 20 * DAY - 3600],
    ] as const)
      await assert.rejects(told(hours), { code: "malformed_parameter", message: /whole days/ });
  });
}
