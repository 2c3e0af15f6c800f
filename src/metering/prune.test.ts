import assert from "node:assert/strict";
import { test } from "node:test";
import { ENGINES, freshStore, lacking } from "../../testing/stores.ts";
import { createUser } from "../accounts/users.ts";
import { pruneSpans } from "./prune.ts";
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
    await pruneSpans(store, { now: () => 40 * DAY });
    const left = await store.transaction((tx) =>
      tx.selectFrom("spans").select("object").orderBy("serial").execute(),
    );
    assert.deepEqual(
      left.map(({ object }) => object),
      ["too young", "open", "not rolled up"],
    );
  });
}
