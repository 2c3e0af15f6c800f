/** Building systems into a home: what its end, a full disk and a taker-over leave. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, readdir, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { gzipSync } from "node:zlib";
import { openImageHome } from "../../testing/images/home.ts";
import { until as untilThen } from "../../testing/until.ts";
import type { Store } from "../store/store.ts";
import { ImageBuilder, type Recipe } from "./builder.ts";
import { here, newLease } from "./lease.ts";
import { ImageRecords } from "./records.ts";
import { changeRow, columnText } from "./row.ts";
import { SYSTEMS } from "./systems.ts";

const { uuid: SAMPLE } = SYSTEMS.sample;

/** Nothing here waits for a guest. */
const DEADLINE_MS = 20_000;

const until: typeof untilThen = (what, look) => untilThen(what, look, DEADLINE_MS);

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
  for (const folder of [scratch, join(home, "drives")]) await mkdir(folder, { recursive: true });
  const troubles: unknown[] = [];
  await withStore(async (store) => {
    const records = new ImageRecords(store, await here());
    const builder = new ImageBuilder({
      ...{ records, folder: { home, uid: null }, scratch, onTrouble: (error) => troubles.push(error) },
      ...{ recipes: { sample: recipe, "debian-12": recipe }, renewEveryMs: 20 },
    });
    await work({ builder, records, store, troubles });
    await builder.close();
  });
  assert.deepEqual(await readdir(scratch), []);
}

/** Waits until its recipe is at work. */
const begun = (records: ImageRecords) =>
  until("the build has begun", async () => ((await records.known(SAMPLE)).step === "Hanging" ? true : null));

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
    const { state, error } = await records.known(SAMPLE);
    assert.deepEqual([state, error], ["half imported", "Lodge was stopped before it was done"]);
  });
});

test("a system for which there is no room says so, and takes none", async (t) => {
  const large: Recipe = async (file) => {
    await writeFile(file, "");
    await truncate(file, 8 * 2 ** 40);
  };
  await withBuilder(t, large, async ({ builder, records, store, troubles }) => {
    await builder.begin("sample");
    const { state, error, sizeBytes } = await settled(records);
    assert.deepEqual([state, sizeBytes, troubles.length], ["half imported", 0, 1]);
    assert.match(error ?? "", /there is room for \d+ bytes/);
    const [host] = await store.snapshot((tx) =>
      tx.selectFrom("hosts").select("allocated_disk_bytes").execute(),
    );
    assert.equal(host?.allocated_disk_bytes ?? 0, 0);
  });
});

test("a build whose image another process takes over breaks off, and leaves it to that one", async (t) => {
  const lost = Promise.withResolvers<void>();
  const recipe: Recipe = (file, report, signal) => {
    signal.addEventListener("abort", () => lost.resolve());
    return hangs(file, report, signal);
  };
  await withBuilder(t, recipe, async ({ builder, records, store }) => {
    await builder.begin("sample");
    await begun(records);
    const owner = { ...(await here()), id: "another", leaseUntilMs: Date.now() + 60_000 };
    const work = { owner, source: null, said: "Another's step" };
    await store.transaction((tx) => changeRow(tx, SAMPLE, columnText(SYSTEMS.sample, null, work)));
    await lost.promise;
    await builder.close();
    const { state, step } = await records.known(SAMPLE);
    assert.deepEqual([state, step], ["being imported", "Another's step"]);
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
    const { error } = await settled(records);
    assert.equal(error, "no network");
    assert.equal(troubles.length, 1);
  });
});

test("where a build leaves no room to tell why it broke off, it has given its room back by then", async (t) => {
  let file = "";
  const fills: Recipe = async (named) => {
    file = named;
    await writeFile(named, "all that there is room for");
    throw new Error("no room is left");
  };
  await withBuilder(t, fills, async ({ builder, records, store }) => {
    const { transaction } = store;
    await builder.begin("sample");
    const bounded = (...asked: Parameters<typeof transaction>) =>
      existsSync(file) ? Promise.reject(new Error("the disk is full")) : transaction.apply(store, asked);
    store.transaction = bounded as typeof transaction;
    assert.equal((await settled(records)).error, "no room is left");
  });
});

test("each system is an image of its own, as it is built: gzipped, or as it is", async (t) => {
  const recipe: Recipe = (file) => writeFile(file, gzipSync("a system"));
  await withBuilder(t, recipe, async ({ builder, records }) => {
    const begun = await builder.begin("debian-12");
    const image = await until("it is ready", async () =>
      (await records.list()).find(({ state }) => state === "ready"),
    );
    assert.deepEqual([image.uuid, image.name], [begun.uuid, "Debian Linux 12"]);
    assert.deepEqual([image.format, image.rawSizeBytes], ["gzip", "a system".length]);
    assert.equal((await records.list()).length, 1);
  });
});

test("what builds an image is broken off by its removal", async (t) => {
  await withBuilder(t, hangs, async ({ builder, records }) => {
    await builder.begin("sample");
    await begun(records);
    await builder.remove(SAMPLE);
    assert.deepEqual(await records.list(), []);
    await builder.begin("sample");
  });
});

test("a daemon that was killed has told nothing of why, and what it was at is no reason", async (t) => {
  await withBuilder(t, hangs, async ({ records, store }) => {
    const { leased } = await records.take(SYSTEMS.sample);
    await leased.say("Writing the image");
    const owner = { ...newLease(await here()), startTicks: 0 };
    const work = { owner, source: null, said: "Writing the image" };
    await store.transaction((tx) => changeRow(tx, SAMPLE, columnText(SYSTEMS.sample, null, work)));
    const { state, step, error } = await records.known(SAMPLE);
    assert.deepEqual([state, step, error], ["half imported", null, null]);
  });
});
