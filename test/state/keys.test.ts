/** What becomes of a drive's key when the drive is destroyed. */
import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { sql } from "kysely";
import { createUser } from "../../src/accounts/users.ts";
import { destroyDrive } from "../../src/drives/lifecycle/destroy.ts";
import { openSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { type Cloud, openCloud } from "../../testing/state-cloud.ts";
import { makeDrive } from "../../testing/state-objects.ts";
import { chosenEngine } from "../../testing/stores.ts";
import { until } from "../../testing/until.ts";

/** What comes a moment later, on a machine that may be loaded. */
const PATIENCE_MS = 120_000;

const keyOf = (cloud: Cloud, drive: string) =>
  cloud
    .daemon()
    .store.transaction((tx) =>
      tx.selectFrom("drives").select("wrapped_secret").where("uuid", "=", drive).executeTakeFirstOrThrow(),
    );

test("a drive's key is gone before its host begins to destroy the drive", async (t) => {
  const cloud = await openCloud(t);
  const drive = await makeDrive(cloud);
  assert.match((await keyOf(cloud, drive)).wrapped_secret ?? "", /^\S{60,}$/);
  const atHost: unknown[] = [];
  cloud.before = async (effect) => {
    if (effect === "drive destroy") atHost.push((await keyOf(cloud, drive)).wrapped_secret);
  };
  await destroyDrive(cloud.daemon().dependencies, drive);
  assert.deepEqual(atHost, [null]);
});

test("a drive's key is in none of the database's files within moments of its destruction, while the daemon runs", {
  skip: chosenEngine() === "postgres" && "its log and its earlier rows are PostgreSQL's",
}, async (t) => {
  const cloud = await openCloud(t);
  const { store } = cloud.daemon();
  const [main] = await store.snapshot(async (tx) => {
    const { rows } = await sql<{ file: string }>`select file from pragma_database_list`.execute(tx);
    return rows;
  });
  const folder = dirname(main?.file ?? "");
  const holds = async (text: string) => {
    const files = (await readdir(folder)).filter((name) => name.startsWith("lodge.db"));
    const texts = await Promise.all(files.map((name) => readFile(join(folder, name), "latin1")));
    return texts.some((each) => each.includes(text));
  };
  // The log is written over once after a start, whatever is in it.
  const hasRoom = async () => {
    const { rows } = await store.snapshot((tx) =>
      sql<{ freelist_count: number }>`select freelist_count from pragma_freelist_count`.execute(tx),
    );
    return (rows[0]?.freelist_count ?? 0) > 0 ? true : null;
  };
  await until("the log was written over", hasRoom, PATIENCE_MS);
  const [kept, drive] = [await makeDrive(cloud), await makeDrive(cloud)];
  const keys = [await keyOf(cloud, kept), await keyOf(cloud, drive)].map((row) => row.wrapped_secret ?? "");
  const [keptKey = "", key = ""] = keys;
  // What is read in the very moment in which SQLite moves it from the log to the database may be seen in neither.
  await until("it is there", async () => (await holds(key)) || null, PATIENCE_MS);
  await destroyDrive(cloud.daemon().dependencies, drive);
  await until("it is gone", async () => !(await holds(key)) || null, PATIENCE_MS);
  await until("the other is there", async () => (await holds(keptKey)) || null, PATIENCE_MS);
});

test("what a row held is in none of the database's files once the store is closed", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "lodge-test-"));
  t.after(() => rm(folder, { recursive: true }));
  const text = async () => {
    const names = await readdir(folder);
    return (await Promise.all(names.map((name) => readFile(join(folder, name), "latin1")))).join("");
  };
  const key = (of: number) => `key-${of}-`.repeat(20);
  const store = await openSqliteStore({
    file: join(folder, "lodge.db"),
    lockFile: join(folder, "lodge.lock"),
  });
  const { uuid: user } = await createUser(store, "ann");
  for (const n of [1, 2, 3]) {
    const drive = {
      uuid: `drive-${n}`,
      user,
      phase: "ready",
      size_bytes: 1,
      cipher: "aes-xts-plain",
    } as const;
    const row = { ...drive, wrapped_secret: key(n), claim_type: "exclusive", properties: "{}" } as const;
    await store.transaction((tx) => tx.insertInto("drives").values(row).execute());
  }
  await until("it is there", async () => (await text()).includes(key(2)) || null, PATIENCE_MS);
  await store.transaction((tx) =>
    tx.updateTable("drives").set({ wrapped_secret: null }).where("uuid", "=", "drive-2").execute(),
  );
  await store.close();
  const left = await text();
  assert.ok(left.includes(key(1)) && left.includes(key(3)));
  assert.ok(!left.includes("key-2-"));
});
