/** Building systems into a home: what its end, a full disk and a taker-over leave. */
import assert from "node:assert/strict";
import { readdir, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openImageHome } from "../../testing/images/home.ts";
import { until } from "../../testing/until.ts";
import type { Store } from "../store/store.ts";
import { ImageBuilder, type Recipe } from "./builder.ts";
import { here } from "./lease.ts";
import { ImageRecords } from "./records.ts";
import { changeRow, columnText } from "./row.ts";
import { SYSTEMS } from "./systems.ts";

const { uuid: SAMPLE } = SYSTEMS.sample;

async function withBuilder(
  t: TestContext,
  recipe: Recipe,
  work: (opened: {
    builder: ImageBuilder;
    records: ImageRecords;
    store: Store;
    troubles: unknown[];
  }) => Promise<void>,
): Promise<void> {
  const { home, withStore } = await openImageHome(t);
  const scratch = join(home, "scratch");
  const troubles: unknown[] = [];
  await withStore(async (store) => {
    const records = new ImageRecords(store, await here());
    const builder = new ImageBuilder({
      ...{ records, folder: { home, uid: null }, scratch, onTrouble: (error) => troubles.push(error) },
      recipes: { sample: recipe, "debian-12": recipe },
    });
    await work({ builder, records, store, troubles });
    await builder.close();
  });
  assert.deepEqual(await readdir(scratch), []);
}

/** Waits until its recipe is at work. */
const begun = (records: ImageRecords) =>
  until("the build has begun", async () => ((await records.known(SAMPLE)).said === "Hanging" ? true : null));

/** Waits until nobody is at work on it. */
const settled = (records: ImageRecords) =>
  until("the build has ended", async () =>
    (await records.list()).find(({ state }) => state === "half imported"),
  );

const hangs: Recipe = async (file, report, signal) => {
  await writeFile(file, "half");
  report("Hanging");
  signal.throwIfAborted();
  await new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
};

test("the end of the daemon breaks a build off, which says so and leaves no file", async (t) => {
  await withBuilder(t, hangs, async ({ builder, records }) => {
    await builder.begin("sample");
    await begun(records);
    await builder.close();
    const { state, said } = await records.known(SAMPLE);
    assert.deepEqual([state, said], ["half imported", "Lodge was stopped before it was done"]);
  });
});

test("a system for which there is no room says so, and takes none", async (t) => {
  const large: Recipe = async (file) => {
    await writeFile(file, "");
    await truncate(file, 8 * 2 ** 40);
  };
  await withBuilder(t, large, async ({ builder, records, store, troubles }) => {
    await builder.begin("sample");
    const { state, said, sizeBytes } = await settled(records);
    assert.deepEqual([state, sizeBytes, troubles.length], ["half imported", 0, 1]);
    assert.match(said ?? "", /there is room for \d+ bytes/);
    const [host] = await store.snapshot((tx) =>
      tx.selectFrom("hosts").select("allocated_disk_bytes").execute(),
    );
    assert.equal(host?.allocated_disk_bytes ?? 0, 0);
  });
});

test("a build whose image another process takes over breaks off, and leaves it to that one", async (t) => {
  await withBuilder(t, hangs, async ({ builder, records, store }) => {
    await builder.begin("sample");
    await begun(records);
    const owner = { ...(await here()), id: "another", leaseUntilMs: Date.now() + 60_000 };
    const work = { owner, source: null, said: "Another's step" };
    await store.transaction((tx) => changeRow(tx, SAMPLE, columnText(SYSTEMS.sample, null, work)));
    await builder.close();
    const { state, said } = await records.known(SAMPLE);
    assert.deepEqual([state, said], ["being imported", "Another's step"]);
  });
});

test("why a build broke off is told once the store takes it", async (t) => {
  const fails: Recipe = () => Promise.reject(new Error("no network"));
  await withBuilder(t, fails, async ({ records, store, troubles, builder }) => {
    const { transaction } = store;
    let refused = 0;
    await builder.begin("sample");
    store.transaction = () => {
      refused++;
      return Promise.reject(new Error("the disk is full"));
    };
    await until("it was tried", async () => (refused > 0 ? true : null));
    store.transaction = transaction;
    const { said } = await settled(records);
    assert.equal(said, "no network");
    assert.ok(troubles.length > 1);
  });
});
