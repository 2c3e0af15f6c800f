import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ENGINES, freshStore, lacking } from "../../testing/stores.ts";
import { ObjectCounts } from "./object-counts.ts";
import { openOperations } from "./operation-figures.ts";

const ROWS = 1000;
const PHASES = ["creating", "ready", "destroying"] as const;

for (const engine of ENGINES) {
  describe(`figures of a store on ${engine}`, { skip: lacking(engine) }, () => {
    test("all rows are counted by their phases, however many pages they fill, and once for all who ask", async (t) => {
      const store = await (await freshStore(t, engine))();
      t.after(() => store.close());
      await store.transaction(async (tx) => {
        await tx.insertInto("users").values({ uuid: "u", name: "u", created: 0 }).execute();
        const drive = {
          user: "u",
          size_bytes: 1,
          cipher: "none",
          claim_type: "exclusive",
          properties: "{}",
        } as const;
        const rows = Array.from({ length: ROWS }, (_, at) => ({
          ...drive,
          ...{ uuid: `d${at}`, phase: PHASES[at % 4] ?? "ready", wrapped_secret: null, standard: null },
        }));
        await tx.insertInto("drives").values(rows).execute();
      });
      let snapshots = 0;
      const counts = new ObjectCounts({
        snapshot(work) {
          snapshots++;
          return store.snapshot(work);
        },
      });
      const [first, second] = await Promise.all([counts.counts(), counts.counts()]);
      assert.deepEqual(first.drives, { creating: 250, ready: 500, destroying: 250 });
      assert.equal(first, second);
      assert.equal(first.servers.active, 0);
      const asked = snapshots;
      await counts.counts();
      assert.equal(snapshots, asked);
    });

    test("whoever asks while they are counted anew has the last count at once", {
      timeout: 20_000,
    }, async (t) => {
      const store = await (await freshStore(t, engine))();
      t.after(() => store.close());
      let isSlow = false;
      const counts = new ObjectCounts(
        { snapshot: (work) => (isSlow ? new Promise<never>(() => {}) : store.snapshot(work)) },
        0,
      );
      const first = await counts.counts();
      isSlow = true;
      for (let scrape = 0; scrape < 3; scrape++) assert.equal(await counts.counts(), first);
    });

    test("open operations are told by noun, action and state, with the oldest of each", async (t) => {
      const store = await (await freshStore(t, engine))();
      t.after(() => store.close());
      const open = {
        noun: "server",
        host: "local",
        action: "stop",
        params: "{}",
        generation: 1,
        attempts: 0,
      } as const;
      const row = (object: string, recorded_ms: number, owner: string | null, last_error: string | null) => ({
        ...{ ...open, object, recorded_ms, owner, last_error },
        ...{ lease_until_ms: null, next_try_ms: 0, request: null },
      });
      const rows = [
        row("a", 10, "me", null),
        row("b", 5, "me", null),
        row("c", 1, null, null),
        row("d", 7, null, "no"),
      ];
      await store.transaction((tx) => tx.insertInto("operations").values(rows).execute());
      const found = await store.snapshot(openOperations);
      const stop = { noun: "server", action: "stop" };
      assert.deepEqual(
        [...found].sort((one, other) => one.sinceMs - other.sinceMs),
        [
          { ...stop, state: "waiting", count: 1, sinceMs: 1 },
          { ...stop, state: "under_way", count: 2, sinceMs: 5 },
          { ...stop, state: "retried", count: 1, sinceMs: 7 },
        ],
      );
    });
  });
}
