import assert from "node:assert/strict";
import { test } from "node:test";
import { planning } from "../../testing/query-plans.ts";
import { freshStore } from "../../testing/stores.ts";
import { pruneDeliveries } from "./prune.ts";

const NOW_S = 1_800_000_000;

test("what is left of hooks that are gone is found along an index, and that of others stays", async (t) => {
  const store = await (await freshStore(t, "sqlite"))();
  t.after(() => store.close());
  await store.transaction(async (tx) => {
    for (const uuid of ["b", "d"])
      await tx
        .insertInto("webhooks")
        .values({ uuid, url: "", events: "", wrapped_secret: null, created: 0 })
        .execute();
    for (const webhook of ["a", "b", "c", "d", "e"]) {
      const row = {
        ...{ webhook, user: "ann", message: "m", event: "ledger.entry", time: NOW_S, body: "" },
        ...{ state: "waiting" as const, tried: null, status: null },
      };
      await tx
        .insertInto("deliveries")
        .values(Array.from({ length: 1_500 }, () => row))
        .execute();
    }
  });
  const planned = planning(store);
  await pruneDeliveries(planned.store, NOW_S * 1000);
  const left = await store.snapshot((tx) =>
    tx
      .selectFrom("deliveries")
      .select((row) => ["webhook", row.fn.countAll().as("count")])
      .groupBy("webhook")
      .orderBy("webhook")
      .execute(),
  );
  assert.deepEqual(left, [
    { webhook: "b", count: 1_500 },
    { webhook: "d", count: 1_500 },
  ]);
  const walks = planned.plans.filter((plan) => plan.includes("deliveries"));
  assert.ok(walks.length > 0);
  assert.deepEqual(
    walks.filter((plan) => plan.startsWith("SCAN")),
    [],
  );
});
