import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ENGINES, freshStore, lacking } from "../../testing/stores.ts";
import type { Store } from "../store/store.ts";
import { endLeasesOfOthers, putOff } from "./lease.ts";

const ME = "me";

type Held = { readonly owner: string | null; readonly generation: number; readonly attempts: number };

async function record(store: Store, object: string, held: Held): Promise<void> {
  const row = {
    ...{
      object,
      noun: "server" as const,
      host: "local",
      action: "stop",
      params: "{}",
      recorded_ms: 1,
      request: null,
    },
    ...{ lease_until_ms: held.owner === null ? null : 500, next_try_ms: 400, last_error: null, ...held },
  } as const;
  await store.transaction((tx) => tx.insertInto("operations").values(row).execute());
}

const rowsOf = (store: Store) =>
  store.snapshot((tx) =>
    tx.selectFrom("operations").select(["object", "owner", "next_try_ms"]).orderBy("object").execute(),
  );

for (const engine of ENGINES) {
  describe(`leases in a store on ${engine}`, { skip: lacking(engine) }, () => {
    test("only who took an operation up lets go of it, at that generation and that attempt", async (t) => {
      const store = await (await freshStore(t, engine))();
      t.after(() => store.close());
      const mine = { owner: ME, generation: 2, attempts: 1 };
      const others: Record<string, Held> = {
        attempt: { ...mine, attempts: 2 },
        generation: { ...mine, generation: 3 },
        owner: { ...mine, owner: "another" },
      };
      for (const [object, held] of Object.entries({ ...others, mine })) await record(store, object, held);
      for (const object of [...Object.keys(others), "mine"]) {
        await putOff(store, { object, generation: 2, attempts: 1 }, ME, 900, "no");
      }
      assert.deepEqual(await rowsOf(store), [
        { object: "attempt", owner: ME, next_try_ms: 400 },
        { object: "generation", owner: ME, next_try_ms: 400 },
        { object: "mine", owner: null, next_try_ms: 900 },
        { object: "owner", owner: "another", next_try_ms: 400 },
      ]);
    });

    test("a process that is alone makes all due but its own, also what nobody had taken up", async (t) => {
      const store = await (await freshStore(t, engine))();
      t.after(() => store.close());
      const held = { generation: 1, attempts: 0 };
      await record(store, "mine", { ...held, owner: ME });
      await record(store, "nobody's", { ...held, owner: null });
      await record(store, "others", { ...held, owner: "another" });
      await endLeasesOfOthers(store, ME);
      assert.deepEqual(await rowsOf(store), [
        { object: "mine", owner: ME, next_try_ms: 400 },
        { object: "nobody's", owner: null, next_try_ms: 0 },
        { object: "others", owner: null, next_try_ms: 0 },
      ]);
    });
  });
}
