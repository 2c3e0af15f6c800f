import assert from "node:assert/strict";
import { cp, readdir, readFile, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import Database from "better-sqlite3";
import { needsSmallDisk, smallDisk } from "../../../testing/small-disk.ts";
import { until } from "../../../testing/until.ts";
import { createUser, listUsers } from "../../accounts/users.ts";
import { StoreFull } from "../../base/store-errors.ts";
import { openStore, type StoreHome } from "../open.ts";
import type { Store } from "../store.ts";

const DISK_MIB = 32;
/** What comes a moment later, on a machine that may be loaded. */
const PATIENCE_MS = 120_000;

const homeIn = (folder: string): StoreHome => ({ file: (name) => join(folder, name) });

/** Waits until the store has made its room. */
async function hasRoom(folder: string): Promise<void> {
  const database = new Database(join(folder, "lodge.db"), { readonly: true });
  const look = async () => (Number(database.pragma("freelist_count", { simple: true })) >= 256 ? true : null);
  await until("the database has spare pages", look, PATIENCE_MS).finally(() => database.close());
}

/** A store on a disk of its own, which has made its room; both go when the test has ended. */
async function opened(t: TestContext) {
  const disk = await smallDisk(DISK_MIB);
  const stores = [await openStore(homeIn(disk.folder))];
  t.after(async () => {
    for (const store of stores) await store.close();
    await disk.end();
  });
  await hasRoom(disk.folder);
  const [store] = stores as [Store];
  /** Closes the store and opens it again. */
  const reopen = async (meanwhile: () => Promise<void>) => {
    await stores.pop()?.close();
    await meanwhile();
    const again = await openStore(homeIn(disk.folder));
    stores.push(again);
    return again;
  };
  return { disk, store, reopen };
}

/** Makes a user's row longer and shorter again, as what ends and settles things changes rows. */
const touch = (store: Store, uuid: string, name: string) =>
  store.transaction((tx) => tx.updateTable("users").set({ name }).where("uuid", "=", uuid).execute());

test(
  "on a full disk nothing new is recorded and nothing half, and what ends things always is",
  needsSmallDisk,
  async (t) => {
    const { disk, store } = await opened(t);
    const { uuid } = await createUser(store, "ann");
    await disk.fill();
    assert.equal((await statfs(disk.folder)).bfree, 0);
    await assert.rejects(createUser(store, "ben"), StoreFull);
    for (let n = 0; n < 600; n++) await touch(store, uuid, `ann ${"x".repeat(n % 1000)}`);
    await store.transaction((tx) =>
      tx
        .insertInto("idempotency_keys")
        .values({ user: uuid, key: "k", fingerprint: "f", object: "o", recorded_ms: 1 })
        .execute(),
    );
    await assert.rejects(createUser(store, "ben"), StoreFull);
    assert.deepEqual(
      (await listUsers(store)).map(({ name }) => name),
      [`ann ${"x".repeat(599)}`],
    );
    await disk.clear();
    await createUser(store, "ben");
  },
);

test("a transaction that only reads is refused nothing on a full disk", needsSmallDisk, async (t) => {
  const { disk, store } = await opened(t);
  await createUser(store, "ann");
  await disk.fill();
  const read = await store.transaction((tx) => tx.selectFrom("users").select("name").execute(), {
    grows: true,
  });
  assert.equal(read.length, 2);
});

test(
  "a transaction without room says so, and not that it could not be rolled back",
  needsSmallDisk,
  async (t) => {
    const { disk, store } = await opened(t);
    await disk.fill();
    const huge = "x".repeat(4 * 2 ** 20);
    const work = createUser(store, "ann").catch(() => {});
    await work;
    await assert.rejects(
      store.transaction((tx) =>
        tx.insertInto("users").values({ uuid: "u", name: huge, created: 1 }).execute(),
      ),
      (error: Error) => error instanceof StoreFull && /database or disk is full/.test(String(error.cause)),
    );
    await touch(store, "00000000-0000-0000-0000-000000000001", "goes on");
  },
);

test(
  "a store that was closed opens on a disk that has become full, and what ends things is recorded",
  needsSmallDisk,
  async (t) => {
    const { disk, store, reopen } = await opened(t);
    const { uuid } = await createUser(store, "ann");
    // As often as that is done.
    for (let time = 0; time < 3; time++) {
      const again = await reopen(async () => {
        assert.ok((await stat(join(disk.folder, "lodge.db-reserve"))).blocks > 0);
        await disk.fill();
      });
      for (let n = 0; n < 300; n++) await touch(again, uuid, `ann ${n}`);
      await assert.rejects(createUser(again, "ben"), StoreFull);
    }
  },
);

test(
  "a store whose process was killed opens on a full disk, and what ends things is recorded",
  needsSmallDisk,
  async (t) => {
    const { disk, store } = await opened(t);
    const { uuid } = await createUser(store, "ann");
    // What a process that is killed leaves: all files as they are.
    const other = await smallDisk(DISK_MIB);
    t.after(() => other.end());
    await cp(disk.folder, other.folder, { recursive: true });
    await other.fill();
    const again = await openStore(homeIn(other.folder));
    for (let n = 0; n < 300; n++) await touch(again, uuid, `ann ${n}`);
    await again.close();
  },
);

test(
  "what a transaction erased is in none of the database's files within moments, also on a full disk",
  needsSmallDisk,
  async (t) => {
    const { disk, store } = await opened(t);
    const text = async () => {
      const names = (await readdir(disk.folder)).filter((name) => name.startsWith("lodge.db"));
      return (await Promise.all(names.map((name) => readFile(join(disk.folder, name), "latin1")))).join("");
    };
    for (const full of [false, true]) {
      const { uuid } = await createUser(store, `a-secret-${full}`);
      // The log is not at its beginning.
      for (let n = 0; n < 100; n++) await touch(store, uuid, `a-secret-${full}`);
      if (full) await disk.fill();
      assert.ok((await text()).includes(`a-secret-${full}`));
      await store.transaction(
        (tx) => tx.updateTable("users").set({ name: "none" }).where("uuid", "=", uuid).execute(),
        { erases: true },
      );
      const look = async () => ((await text()).includes(`a-secret-${full}`) ? null : true);
      await until("it is nowhere", look, PATIENCE_MS);
    }
  },
);
