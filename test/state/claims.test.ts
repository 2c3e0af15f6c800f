/** What a start leaves in the store of its drives, and what its end adds to them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { DriveCounters } from "../../src/drives/counters.ts";
import { findDrive } from "../../src/drives/rows.ts";
import type { IoCounters } from "../../src/host/host.ts";
import { guestIo } from "../../src/servers/guest-io.ts";
import { ServerRecords } from "../../src/servers/records.ts";
import { Guests } from "../../testing/simulated/guests.ts";
import { endRun } from "../../testing/simulated/servers.ts";
import { openCloud } from "../../testing/state-cloud.ts";
import { lifecycle, makeDrive, makeServer } from "../../testing/state-objects.ts";
import { withTransactions } from "../../testing/transactions.ts";

test("the store lets an exclusive drive have one claim, whoever writes it, and a shared one several", async (t) => {
  const cloud = await openCloud(t);
  const { store } = cloud.daemon();
  const exclusive = await makeDrive(cloud);
  const shared = await makeDrive(cloud, { "claim:type": "shared" });
  await makeServer(cloud, { "ide:0:0": exclusive, "ide:0:1": shared });
  const other = await makeServer(cloud, {});
  const claims = await store.transaction((tx) => tx.selectFrom("claims").selectAll().execute());
  const claim = (drive: string) => claims.find((row) => row.drive === drive) ?? assert.fail(drive);
  const insert = (drive: string) =>
    store.transaction((tx) =>
      tx
        .insertInto("claims")
        .values({ ...claim(drive), server: other })
        .execute(),
    );
  await assert.rejects(insert(exclusive));
  await insert(shared);
});

test("what a server read and wrote is added to its drives when it ends, once, however it ends", async (t) => {
  const cloud = await openCloud(t);
  const { store } = cloud.daemon();
  const [first, second] = [await makeDrive(cloud), await makeDrive(cloud)];
  const server = await makeServer(cloud, { "ide:0:0": first, "block:0": second, persistent: true });
  const io = (readBytes: number): IoCounters => ({
    ...{ readBytes, readRequests: readBytes + 1, writeBytes: readBytes + 2, writeRequests: readBytes + 3 },
  });
  const guestDoes = () => {
    const running = cloud.machine.servers.get(server) ?? assert.fail();
    running.counters = { ...running.counters, devices: { "ide:0:0": io(10), "block:0": io(200) } };
  };
  const counted = async (drive: string) => {
    const row = await store.transaction((tx) =>
      tx
        .selectFrom("drives")
        .select(["read_bytes", "read_requests", "write_bytes", "write_requests"])
        .where("uuid", "=", drive)
        .executeTakeFirstOrThrow(),
    );
    return Object.values(row).map(Number);
  };
  assert.deepEqual(await counted(first), [0, 0, 0, 0]);
  guestDoes();
  await lifecycle(cloud).stop(server);
  assert.deepEqual(await counted(first), [10, 11, 12, 13]);
  assert.deepEqual(await counted(second), [200, 201, 202, 203]);
  await lifecycle(cloud).start(server);
  guestDoes();
  endRun(cloud.machine, server);
  await lifecycle(cloud).stop(server);
  assert.deepEqual(await counted(first), [20, 22, 24, 26]);
  assert.deepEqual(await counted(second), [400, 402, 404, 406]);
});

test("what running servers have done on a drive that they share is summed up over them", async (t) => {
  const cloud = await openCloud(t);
  const { store, hosts } = cloud.daemon();
  const [shared, own] = [await makeDrive(cloud, { "claim:type": "shared" }), await makeDrive(cloud)];
  const servers = [
    await makeServer(cloud, { "ide:0:0": shared }),
    await makeServer(cloud, { "ide:0:0": own, "block:0": shared }),
  ];
  const guests = new Guests(cloud.machine);
  for (const [index, server] of servers.entries()) guests.write(server, 10 ** index);
  const written = async (uuid: string) => {
    const drive = (await store.transaction((tx) => findDrive(tx, uuid))) ?? assert.fail();
    return (await guestIo(new ServerRecords(store), hosts)(drive)).writeBytes;
  };
  assert.deepEqual([await written(shared), await written(own)], [11, 10]);
});

test("counts of the API that could not be stored are kept for the next time, and are shown meanwhile", async (t) => {
  const cloud = await openCloud(t);
  const { store } = cloud.daemon();
  const drive = await makeDrive(cloud);
  let full = true;
  const counters = new DriveCounters(
    withTransactions(store, (work) =>
      full ? Promise.reject(new Error("the disk is full")) : store.transaction(work),
    ),
    () => {},
  );
  counters.add(drive, { readBytes: 5, readRequests: 1 });
  await assert.rejects(counters.flush(), /the disk is full/);
  assert.equal(counters.pending(drive).readBytes, 5);
  counters.add(drive, { readBytes: 2, readRequests: 1 });
  full = false;
  await counters.flush();
  assert.equal(counters.pending(drive).readBytes, 0);
  const row = await store.transaction((tx) =>
    tx.selectFrom("drives").select("read_bytes").where("uuid", "=", drive).executeTakeFirstOrThrow(),
  );
  assert.equal(row.read_bytes, 7);
});
