/** What servers send and receive is noted for their owners, once, whatever comes between reading and noting. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { countUplink, endRun, loseUplinkCounter } from "../../testing/simulated/servers.ts";
import { type Cloud, openCloud } from "../../testing/state-cloud.ts";
import { lifecycle, makeLasting } from "../../testing/state-objects.ts";
import { withTransactions } from "../../testing/transactions.ts";
import { createUser } from "../accounts/users.ts";
import { TransferReadings } from "./transfer-readings.ts";

const sends = (cloud: Cloud, server: string, bytes: number) => countUplink(cloud.machine, server, bytes);

const readingsOf = (cloud: Cloud, store = cloud.daemon().store) => {
  const { hosts, clock, onTrouble } = cloud.daemon().dependencies;
  return new TransferReadings({ store, hosts, clock, onTrouble });
};

/** What is noted of the account. */
async function noted(cloud: Cloud, user = cloud.user): Promise<number> {
  const rows = await cloud
    .daemon()
    .store.transaction((tx) => tx.selectFrom("transfers").select("bytes").where("user", "=", user).execute());
  return rows.reduce((sum, { bytes }) => sum + bytes, 0);
}

const makeCounted = (cloud: Cloud) => makeLasting(cloud, { "nic:0:dhcp": "auto" });

test("what was sent since the last reading is noted, and of who sent nothing nothing is written", async (t) => {
  const cloud = await openCloud(t);
  const server = await makeCounted(cloud);
  const idle = await makeCounted(cloud);
  await makeLasting(cloud);
  let transactions = 0;
  const store = withTransactions(cloud.daemon().store, (work, options) => {
    transactions++;
    return cloud.daemon().store.transaction(work, options);
  });
  const readings = readingsOf(cloud, store);
  await readings.read();
  assert.equal(transactions, 0);
  sends(cloud, server, 1000);
  await readings.read();
  sends(cloud, server, 234);
  await readings.read();
  assert.equal(await noted(cloud), 1234);
  const before = transactions;
  await readings.read();
  assert.equal(transactions, before);
  const rows = await cloud
    .daemon()
    .store.transaction((tx) => tx.selectFrom("transfer_counters").select(["server", "bytes"]).execute());
  assert.deepEqual(rows, [{ server, bytes: 1234 }]);
  assert.ok(idle !== server);
});

test("each account is charged what its own servers sent", async (t) => {
  const cloud = await openCloud(t);
  const { uuid: other } = await createUser(cloud.daemon().store, "ben");
  const mine = [await makeCounted(cloud), await makeCounted(cloud)];
  const theirs = await makeCounted({ ...cloud, user: other });
  for (const server of mine) sends(cloud, server, 10);
  sends(cloud, theirs, 7);
  await readingsOf(cloud).read();
  assert.deepEqual([await noted(cloud), await noted(cloud, other)], [20, 7]);
});

test("more servers than fit in one transaction are all noted", async (t) => {
  const cloud = await openCloud(t);
  const server = await makeCounted(cloud);
  sends(cloud, server, 3);
  const run = cloud.machine.servers.get(server);
  assert.ok(run !== undefined);
  // Some that the store does not know, in front of it and behind.
  const strange = (index: number) => `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`;
  const entries = [...cloud.machine.servers];
  cloud.machine.servers.clear();
  for (let index = 0; index < 450; index++) {
    const uplink = { counter: strange(index), bytes: 5 };
    cloud.machine.servers.set(strange(index), { ...run, counters: { ...run.counters, uplink } });
    if (index === 210) for (const [uuid, known] of entries) cloud.machine.servers.set(uuid, known);
  }
  await readingsOf(cloud).read();
  assert.equal(await noted(cloud), 3);
});

test("a counter that was lost and began anew adds to what is noted, however much it says", async (t) => {
  const cloud = await openCloud(t);
  const server = await makeCounted(cloud);
  const readings = readingsOf(cloud);
  sends(cloud, server, 100);
  await readings.read();
  loseUplinkCounter(cloud.machine, server);
  sends(cloud, server, 150);
  await readings.read();
  loseUplinkCounter(cloud.machine, server);
  sends(cloud, server, 1);
  await readings.read();
  assert.equal(await noted(cloud), 251);
});

for (const way of ["by itself", "by its user's word", "by its destruction"]) {
  test(`what a server sent last is noted as it ends ${way}, once`, async (t) => {
    const cloud = await openCloud(t);
    const server = await makeCounted(cloud);
    const readings = readingsOf(cloud);
    sends(cloud, server, 100);
    await readings.read();
    sends(cloud, server, 11);
    if (way === "by itself") endRun(cloud.machine, server);
    else if (way === "by its user's word") await lifecycle(cloud).stop(server);
    else await lifecycle(cloud).destroy(server);
    await cloud.settled();
    assert.equal(await noted(cloud), 111);
    await readings.read();
    assert.equal(await noted(cloud), 111);
    if (way === "by its destruction") return;
    await lifecycle(cloud).start(server);
    sends(cloud, server, 5);
    for (let times = 0; times < 3; times++) await readings.read();
    assert.equal(await noted(cloud), 116);
  });
}

test("a reading that is noted late counts nothing of a run twice whose end, and the next run, came between", async (t) => {
  const cloud = await openCloud(t);
  const server = await makeCounted(cloud);
  sends(cloud, server, 100);
  const daemon = cloud.daemon();
  let between = async () => {};
  const store = withTransactions(daemon.store, async (work, options) => {
    await between();
    return daemon.store.transaction(work, options);
  });
  const readings = readingsOf(cloud, store);
  between = async () => {
    between = async () => {};
    await lifecycle(cloud).stop(server);
    await lifecycle(cloud).start(server);
    sends(cloud, server, 30);
    await readingsOf(cloud).read();
    // Who began just now learns first how far it is noted.
    sends(cloud, server, 1);
  };
  await readings.read();
  assert.ok((await noted(cloud)) <= 131);
  for (let times = 0; times < 2; times++) await readings.read();
  assert.equal(await noted(cloud), 131);
});

test("a daemon that died between reading and noting, or behind it, leaves nothing unnoted and nothing noted twice", async (t) => {
  const cloud = await openCloud(t);
  const server = await makeCounted(cloud);
  for (const dies of ["before", "behind"]) {
    sends(cloud, server, 100);
    const daemon = cloud.daemon();
    const store = withTransactions(daemon.store, async (work, options) => {
      if (dies === "before") throw new Error("killed");
      await daemon.store.transaction(work, options);
      throw new Error("killed");
    });
    await readingsOf(cloud, store).read();
    assert.match(String(cloud.unheard.pop()), /killed/);
    await cloud.restart();
    const next = readingsOf(cloud);
    // The first learns what is noted already.
    await next.read();
    await next.read();
  }
  assert.equal(await noted(cloud), 200);
});

test("a host that does not answer is told of, and is read the next time", async (t) => {
  const cloud = await openCloud(t);
  const server = await makeCounted(cloud);
  sends(cloud, server, 100);
  const { hosts } = cloud.daemon().dependencies;
  const { servers } = hosts.get("local");
  const asked = servers.uplinkCounts;
  const readings = readingsOf(cloud);
  Object.assign(servers, { uplinkCounts: () => Promise.reject(new Error("late")) });
  await readings.read();
  assert.match(String(cloud.unheard.pop()), /late/);
  Object.assign(servers, { uplinkCounts: asked });
  await readings.read();
  assert.equal(await noted(cloud), 100);
});
