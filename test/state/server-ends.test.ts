/** How the ends of servers are settled, and what their guests wrote is counted once, whatever comes in between. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Unreachable } from "../../src/host/errors.ts";
import { endRun } from "../../testing/simulated/servers.ts";
import { assertAgreement } from "../../testing/state-agreement.ts";
import { type Cloud, openCloud } from "../../testing/state-cloud.ts";
import { hang } from "../../testing/state-faults.ts";
import { lifecycle, makeDrive, makeLasting, makeServer, phaseOf } from "../../testing/state-objects.ts";

/** What the drive has written by the store's count. */
const writtenOn = (cloud: Cloud, drive: string) =>
  cloud.daemon().store.transaction(async (tx) => {
    const row = tx.selectFrom("drives").select("write_bytes").where("uuid", "=", drive);
    return (await row.executeTakeFirstOrThrow()).write_bytes;
  });

function guestWrites(cloud: Cloud, server: string, writeBytes: number): void {
  const run = cloud.machine.servers.get(server);
  if (run === undefined) throw new Error(`server ${server} does not run`);
  const io = { readBytes: 0, readRequests: 0, writeBytes, writeRequests: 1 };
  run.counters = { ...run.counters, devices: { "ide:0:0": io } };
}

for (const persistent of [true, false]) {
  test(`the end of a ${persistent ? "" : "non-"}persistent server that came by itself is told once, with what is left of it`, async (t) => {
    const cloud = await openCloud(t);
    const server = await makeServer(cloud, { persistent });
    const stopped = await makeLasting(cloud);
    await lifecycle(cloud).stop(stopped);
    endRun(cloud.machine, server);
    await cloud.settled();
    await cloud.settled();
    const left = persistent ? "stopped" : "nothing";
    assert.deepEqual(cloud.ended, [{ uuid: server, host: "local", generation: 1, left }]);
  });
}

for (const failing of [0, 1]) {
  test(`a server whose end cannot be settled keeps no other from it, be it the ${failing === 0 ? "first" : "last"}`, async (t) => {
    const cloud = await openCloud(t);
    const servers = [await makeLasting(cloud), await makeLasting(cloud)];
    cloud.before = async (effect, uuid) => {
      if (effect === "end" && uuid === servers[failing]) throw new Error("no such luck");
    };
    // As after a power failure: nobody says so.
    for (const server of servers) cloud.machine.servers.delete(server);
    await assert.rejects(cloud.daemon().look(), /1 servers could not be settled/);
    const phases = await Promise.all(servers.map((server) => phaseOf(cloud, server)));
    assert.deepEqual(phases, failing === 0 ? ["active", "stopped"] : ["stopped", "active"]);
    cloud.before = async () => {};
    await assertAgreement(cloud);
  });
}

test("an end that could not be recorded is tried again, and what its guest wrote is counted", async (t) => {
  const cloud = await openCloud(t);
  const drive = await makeDrive(cloud);
  const server = await makeLasting(cloud, { "ide:0:0": drive, "nic:0:dhcp": "auto" });
  guestWrites(cloud, server, 512);
  cloud.full = true;
  endRun(cloud.machine, server);
  await assert.rejects(cloud.daemon().look());
  assert.equal(await writtenOn(cloud, drive).catch(() => null), null, "nothing can be recorded");
  cloud.full = false;
  await cloud.daemon().look();
  assert.equal(await phaseOf(cloud, server), "stopped");
  assert.equal(await writtenOn(cloud, drive), 512);
  cloud.unheard.length = 0;
  await assertAgreement(cloud);
});

test("a guest that says that it wrote more than can be counted leaves a sum that can be read", async (t) => {
  const cloud = await openCloud(t);
  const drive = await makeDrive(cloud);
  for (const writeBytes of [512, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]) {
    const server = await makeServer(cloud, { persistent: "false", "ide:0:0": drive });
    guestWrites(cloud, server, writeBytes);
    endRun(cloud.machine, server);
    await cloud.daemon().look();
  }
  assert.equal(await writtenOn(cloud, drive), Number.MAX_SAFE_INTEGER);
});

test("a start finds an end that nobody has settled yet, settles it, and starts", async (t) => {
  const cloud = await openCloud(t);
  const drive = await makeDrive(cloud);
  const server = await makeLasting(cloud, { "ide:0:0": drive });
  guestWrites(cloud, server, 512);
  cloud.full = true;
  endRun(cloud.machine, server);
  await assert.rejects(cloud.daemon().look());
  cloud.full = false;
  await lifecycle(cloud).start(server);
  assert.equal(cloud.machine.servers.size, 1);
  assert.equal(await writtenOn(cloud, drive), 512);
  cloud.unheard.length = 0;
  await assertAgreement(cloud);
});

test("what a guest wrote is counted once, though the daemon dies before its host may forget the run", async (t) => {
  const cloud = await openCloud(t);
  const drive = await makeDrive(cloud);
  const server = await makeLasting(cloud, { "ide:0:0": drive });
  guestWrites(cloud, server, 512);
  const begun = hang(cloud, "release");
  void lifecycle(cloud).stop(server);
  await begun;
  assert.equal(await writtenOn(cloud, drive), 512);
  await cloud.restart();
  assert.equal(await writtenOn(cloud, drive), 512);
  await assertAgreement(cloud);
});

test("what a guest wrote is counted once, though its run is there still when the next start fails", async (t) => {
  const cloud = await openCloud(t);
  const drive = await makeDrive(cloud);
  const server = await makeLasting(cloud, { "ide:0:0": drive });
  guestWrites(cloud, server, 512);
  cloud.before = async (effect) => {
    if (effect === "release") throw new Unreachable("its host");
  };
  await lifecycle(cloud).stop(server);
  await assert.rejects(lifecycle(cloud).start(server));
  assert.equal(await writtenOn(cloud, drive), 512);
  cloud.before = async () => {};
  await lifecycle(cloud).start(server);
  guestWrites(cloud, server, 100);
  await lifecycle(cloud).stop(server);
  assert.equal(await writtenOn(cloud, drive), 612);
  await assertAgreement(cloud);
});

test("a look that is overtaken by a stop leaves to it what the guest wrote", async (t) => {
  const cloud = await openCloud(t);
  const drive = await makeDrive(cloud);
  const server = await makeLasting(cloud, { "ide:0:0": drive });
  guestWrites(cloud, server, 512);
  const ends = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const begun = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let count = 0;
  cloud.before = async (effect) => {
    if (effect !== "end") return;
    const index = count++;
    begun[index]?.resolve();
    await ends[index]?.promise;
  };
  endRun(cloud.machine, server);
  await begun[0]?.promise;
  const stop = lifecycle(cloud).stop(server);
  await begun[1]?.promise;
  // The look goes on first, and finds that the stop is under way.
  ends[0]?.resolve();
  await cloud.daemon().look();
  ends[1]?.resolve();
  await stop;
  assert.equal(await writtenOn(cloud, drive), 512);
  await assertAgreement(cloud);
});
