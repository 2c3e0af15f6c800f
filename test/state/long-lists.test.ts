/** Lists of a user who has many large objects: what is read at once is bounded, and others have their turns between. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { MOST_KEPT_BYTES } from "../../src/api/attributes.ts";
import type { UserId } from "../../src/base/ids.ts";
import { wholeOf } from "../../src/base/pages.ts";
import { NO_IO, storeIo } from "../../src/drives/counters.ts";
import { DriveRecords } from "../../src/drives/records.ts";
import { changeRow } from "../../src/drives/rows.ts";
import { ResourceRecords } from "../../src/resources/records.ts";
import { ServerRecords } from "../../src/servers/records.ts";
import { changeServer, configColumns } from "../../src/servers/rows.ts";
import type { Store, Tx } from "../../src/store/store.ts";
import { type Cloud, openCloud } from "../../testing/state-cloud.ts";

const COUNT = 300;
const NOTE = "x".repeat(MOST_KEPT_BYTES - 200);
/** About what a page of rows is to come to; the first ones are read before anybody knows how large they are. */
const MOST_AT_ONCE_BYTES = 16 * MOST_KEPT_BYTES;

const uuidOf = (index: number) => `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`;

/** A server that is stopped. */
const insertServer = (tx: Tx, user: UserId, uuid: string, config: Parameters<typeof configColumns>[1]) =>
  tx
    .insertInto("servers")
    .values({ uuid, user, phase: "stopped", ...configColumns(uuid, config), run: null, last_address: null })
    .execute();

/** Makes them as rows: that is quicker by far than by commands. */
async function many(cloud: Cloud): Promise<Store> {
  const { store } = cloud.daemon();
  const { user } = cloud;
  const properties = JSON.stringify({ name: "large", "user:note": NOTE });
  await store.transaction(async (tx) => {
    for (let index = 0; index < COUNT; index++) {
      const uuid = uuidOf(index);
      const config = { name: "large", cpu: 500 + index, mem: 64, "user:note": NOTE };
      await insertServer(tx, user, uuid, config);
      const drive = { phase: "ready", size_bytes: 1, cipher: "none", claim_type: "exclusive" } as const;
      await tx
        .insertInto("drives")
        .values({ uuid, user, ...drive, properties, wrapped_secret: null })
        .execute();
      await tx.insertInto("resources").values({ type: "vlan", resource: uuid, user, properties }).execute();
    }
  });
  return store;
}

const records = (store: Store) => ({
  servers: new ServerRecords(store),
  drives: new DriveRecords(store),
  resources: new ResourceRecords(store),
});

/** Counts the turns of the loop until it is stopped. */
function turns() {
  const counted = { turns: 0, stop: () => clearImmediate(next) };
  const count = () => {
    counted.turns++;
    next = setImmediate(count);
  };
  let next = setImmediate(count);
  return counted;
}

test("many large objects are read in small pages, with a turn for others behind each", async (t) => {
  const cloud = await openCloud(t);
  const store = await many(cloud);
  const { servers, drives, resources } = records(store);
  for (const all of [
    servers.ofUser(cloud.user),
    drives.ofUser(cloud.user),
    resources.ofUser(cloud.user),
  ] as AsyncIterable<readonly unknown[]>[]) {
    const counted = turns();
    let [pages, objects] = [0, 0];
    for await (const page of all) {
      pages++;
      objects += page.length;
      assert.ok(page.length * MOST_KEPT_BYTES <= MOST_AT_ONCE_BYTES, `${page.length} objects in one page`);
    }
    counted.stop();
    assert.equal(objects, COUNT);
    assert.ok(counted.turns >= pages - 1, `${counted.turns} turns between ${pages} pages`);
  }
});

test("servers are kept as they were read, but for large ones, and up to a bound of all together", async (t) => {
  const cloud = await openCloud(t);
  const { store } = cloud.daemon();
  const { user } = cloud;
  const records = new ServerRecords(store);
  const add = (tx: Tx, index: number, characters: number) =>
    insertServer(tx, user, uuidOf(index), {
      name: "s",
      cpu: 500,
      mem: 64,
      "user:note": "x".repeat(characters),
    });
  const isKept = async (index: number) => {
    const before = await records.own(uuidOf(index), user);
    return (await records.own(uuidOf(index), user)) === before;
  };
  await store.transaction(async (tx) => {
    await add(tx, 0, 100);
    await add(tx, 1, MOST_KEPT_BYTES);
  });
  assert.deepEqual([await isKept(0), await isKept(1)], [true, false]);
  const first = await records.own(uuidOf(0), user);
  await store.transaction(async (tx) => {
    for (let index = 2; index < 2 + 2_200; index++) await add(tx, index, 8_000);
  });
  for await (const page of records.ofUser(user)) assert.ok(page.length > 0);
  assert.notEqual(await records.own(uuidOf(0), user), first, "17 MB came after it");
});

test("what is read of all servers again is kept, but for those that were changed, made or destroyed", async (t) => {
  const cloud = await openCloud(t);
  const { store } = cloud.daemon();
  const { user } = cloud;
  const records = new ServerRecords(store);
  const all = async () => {
    const read = await wholeOf(records.ofUser(user));
    return read.map((server) => ("unreadable" in server ? assert.fail(server.unreadable) : server));
  };
  const config = { name: "s", cpu: 500, mem: 64 };
  await store.transaction(async (tx) => {
    for (const index of [0, 1, 2]) await insertServer(tx, user, uuidOf(index), config);
  });
  const [first, second, third] = await all();
  assert.deepEqual(await all(), [first, second, third]);
  await store.transaction(async (tx) => {
    await changeServer(tx, uuidOf(1), { config: { ...config, name: "other" } });
    await changeServer(tx, uuidOf(2), { phase: "destroying" });
    await insertServer(tx, user, uuidOf(3), config);
  });
  const again = await all();
  assert.deepEqual(
    again.map(({ uuid, config: { name } }) => [uuid, name]),
    [
      [uuidOf(0), "s"],
      [uuidOf(1), "other"],
      [uuidOf(3), "s"],
    ],
  );
  assert.equal(again[0], first, "the very object");
});

test("what is read of all drives again is kept, but for those that were changed, counted, claimed or imaged", async (t) => {
  const cloud = await openCloud(t);
  const { store } = cloud.daemon();
  const { user } = cloud;
  const records = new DriveRecords(store);
  const all = async () => {
    const read = await wholeOf(records.ofUser(user));
    return read.map((drive) => ("unreadable" in drive ? assert.fail(drive.unreadable) : drive));
  };
  const row = { phase: "ready", size_bytes: 1, cipher: "none", claim_type: "exclusive" } as const;
  const properties = JSON.stringify({ name: "d" });
  await store.transaction(async (tx) => {
    for (const index of [0, 1, 2, 3, 4, 5]) {
      const drive = { ...row, uuid: uuidOf(index), user, properties, wrapped_secret: null };
      await tx.insertInto("drives").values(drive).execute();
    }
    await insertServer(tx, user, uuidOf(9), { name: "s", cpu: 500, mem: 64 });
  });
  const first = await all();
  assert.deepEqual(await all(), first);
  await store.transaction(async (tx) => {
    await changeRow(tx, uuidOf(1), { properties: JSON.stringify({ name: "other" }) });
    await storeIo(tx, uuidOf(2), { ...NO_IO, readBytes: 7 });
    await tx
      .insertInto("claims")
      .values({ drive: uuidOf(3), server: uuidOf(9), exclusive: 1 })
      .execute();
    const imaging = { source: uuidOf(4), target: uuidOf(5), conversion: null, state: "queued" } as const;
    await tx
      .insertInto("imagings")
      .values({ ...imaging, wrapped_url: null, sha256: null, error: null })
      .execute();
  });
  const again = await all();
  assert.equal(again[0], first[0], "the very object");
  assert.deepEqual(
    again.map(({ attributes, io, claimed, imaging, imagedOnto }) => [
      attributes.name,
      io.readBytes,
      claimed,
      imaging?.source ?? null,
      imagedOnto.map(({ drive }) => drive),
    ]),
    [
      ["d", 0, [], null, []],
      ["other", 0, [], null, []],
      ["d", 7, [], null, []],
      ["d", 0, [uuidOf(9)], null, []],
      ["d", 0, [], null, [uuidOf(5)]],
      ["d", 0, [], uuidOf(4), []],
    ],
  );
  await store.transaction(async (tx) => {
    await tx.deleteFrom("claims").execute();
    await tx.deleteFrom("imagings").execute();
  });
  const after = await all();
  for (const index of [0, 3, 4, 5]) assert.equal(after[index], first[index], "the very object");
});

test("a list reads none of what the objects keep", async (t) => {
  const cloud = await openCloud(t);
  const store = await many(cloud);
  // What is not JSON would fail whoever read it.
  await store.transaction(async (tx) => {
    await tx.updateTable("servers").set({ config: "{" }).execute();
    await tx.updateTable("drives").set({ properties: "{" }).execute();
    await tx.updateTable("resources").set({ properties: "{" }).execute();
  });
  const { servers, drives, resources } = records(store);
  const listed = await wholeOf(servers.listedOf(cloud.user));
  assert.deepEqual(
    listed.map((row) => [row.uuid, row.cpu_mhz, row.mem_mib]),
    Array.from({ length: COUNT }, (_, index) => [uuidOf(index), 500 + index, 64]),
  );
  assert.equal((await wholeOf(drives.listedOf(cloud.user))).length, COUNT);
  assert.equal((await wholeOf(resources.listedOf(cloud.user, "vlan"))).length, COUNT);
  assert.equal((await wholeOf(resources.listedOf(cloud.user, "ip"))).length, 0);
  const keys = new Set(listed.flatMap((row) => Object.keys(row)));
  assert.deepEqual([...keys].sort(), ["cpu_mhz", "mem_mib", "serial", "uuid"]);
});
