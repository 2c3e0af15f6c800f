/** What becomes of changes to running servers that fail, are overtaken, or cannot be recorded. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { failed } from "../../src/base/errors.ts";
import { Unreachable } from "../../src/host/errors.ts";
import type { Store } from "../../src/store/store.ts";
import { assertAgreement } from "../../testing/state-agreement.ts";
import { type Cloud, openCloud } from "../../testing/state-cloud.ts";
import { hang } from "../../testing/state-faults.ts";
import { configOf, input, lifecycle, makeLasting, makeServer, phaseOf } from "../../testing/state-objects.ts";
import { withTransactions } from "../../testing/transactions.ts";

test("a change that a stop overtakes is answered as done, and is what the next start takes", async (t) => {
  const cloud = await openCloud(t);
  const server = await makeLasting(cloud);
  const begun = hang(cloud, "apply");
  const change = lifecycle(cloud).set(server, input({ cpu: 600, name: "n" }));
  await begun;
  await lifecycle(cloud).stop(server);
  await change;
  assert.deepEqual(await configOf(cloud, server), { name: "n", cpu: 600, mem: 64, persistent: true });
  cloud.before = async () => {};
  await lifecycle(cloud).start(server);
  assert.equal(cloud.machine.servers.get(server)?.spec.cpuMhz, 600);
  await assertAgreement(cloud);
});

test("a change that was taken back before a stop overtook it is answered as overtaken, and is none", async (t) => {
  const cloud = await openCloud(t);
  const server = await makeLasting(cloud);
  const before = await configOf(cloud, server);
  const { store, dependencies } = cloud.daemon();
  const [takenBack, told] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let isRefused = false;
  cloud.before = async (effect) => {
    if (effect !== "apply") return;
    isRefused = true;
    throw failed("no such quota");
  };
  // Taking it back is recorded, and its daemon is not told so before the stop has come.
  const transaction: Store["transaction"] = async (work, options) => {
    const isTakingBack = isRefused;
    isRefused = false;
    const result = await store.transaction(work, options);
    if (!isTakingBack) return result;
    takenBack.resolve();
    await told.promise;
    return result;
  };
  Object.assign(dependencies, { store: withTransactions(store, transaction) });
  const change = lifecycle(cloud).set(server, input({ cpu: 600, name: "n" }));
  await Promise.race([takenBack.promise, change]);
  const stop = lifecycle(cloud).stop(server);
  await assert.rejects(change, { type: "busy", code: "command_overtaken" });
  told.resolve();
  await stop;
  assert.deepEqual(await configOf(cloud, server), before);
  await assertAgreement(cloud);
});

test("a change that is overtaken by the stop of a server that goes with it came to nothing", async (t) => {
  const cloud = await openCloud(t);
  const server = await makeServer(cloud);
  let begun = hang(cloud, "apply");
  const change = lifecycle(cloud).set(server, input({ cpu: 600 }));
  await begun;
  begun = hang(cloud, "end");
  void lifecycle(cloud).stop(server);
  // The server is there still, and on its way out.
  await begun;
  await assert.rejects(change, { type: "busy", code: "command_overtaken" });
  await cloud.restart();
  assert.equal(await phaseOf(cloud, server), null);
  await assertAgreement(cloud);
});

test("a change that is overtaken by a destroy that goes on came to nothing", async (t) => {
  const cloud = await openCloud(t);
  const server = await makeLasting(cloud);
  let begun = hang(cloud, "apply");
  const change = lifecycle(cloud).set(server, input({ cpu: 600 }));
  await begun;
  begun = hang(cloud, "end");
  void lifecycle(cloud).destroy(server);
  await begun;
  await assert.rejects(change, { type: "busy", code: "command_overtaken" });
  await cloud.restart();
  assert.equal(await phaseOf(cloud, server), null);
  await assertAgreement(cloud);
});

test("a change that could not be recorded, as on a full disk, is none", async (t) => {
  const cloud = await openCloud(t);
  const server = await makeLasting(cloud);
  const before = await configOf(cloud, server);
  cloud.full = true;
  await assert.rejects(lifecycle(cloud).set(server, input({ cpu: 600 })), /full/);
  cloud.full = false;
  assert.deepEqual(await configOf(cloud, server), before);
  assert.equal(cloud.machine.servers.get(server)?.spec.cpuMhz, 500);
  await assertAgreement(cloud);
});

test("a change of which neither outcome nor undoing could be recorded comes about in the end", async (t) => {
  const cloud = await openCloud(t);
  const server = await makeLasting(cloud);
  cloud.before = async (effect) => {
    if (effect === "apply") cloud.full = true;
  };
  await assert.rejects(lifecycle(cloud).set(server, input({ cpu: 600 })), /full/);
  cloud.before = async () => {};
  cloud.full = false;
  cloud.unheard.length = 0;
  const before = await cloud
    .daemon()
    .store.transaction((tx) => tx.selectFrom("operations").selectAll().execute());
  assert.deepEqual(
    before.map(({ object, action }) => [object, action]),
    [[server, "apply"]],
  );
  cloud.later(60_000);
  await assertAgreement(cloud);
  assert.deepEqual(await configOf(cloud, server), { name: "s", cpu: 600, mem: 64, persistent: true });
  assert.equal(cloud.machine.servers.get(server)?.spec.cpuMhz, 600);
});

test("a change that fails where it goes on at a raised generation is none, and its caller is told why", async (t) => {
  const cloud = await openCloud(t);
  const server = await makeLasting(cloud);
  const before = await configOf(cloud, server);
  const run = cloud.machine.servers.get(server);
  assert.ok(run !== undefined);
  cloud.machine.servers.delete(server);
  cloud.machine.fences.set(server, 7);
  cloud.before = async (effect) => {
    if (effect !== "apply") return;
    // It has come up by now.
    cloud.machine.servers.set(server, run);
    throw new Unreachable("apply was lost");
  };
  await assert.rejects(lifecycle(cloud).set(server, input({ cpu: 600 })), Unreachable);
  assert.deepEqual(await configOf(cloud, server), before);
  const [left] = await cloud
    .daemon()
    .store.transaction((tx) => tx.selectFrom("operations").selectAll().execute());
  assert.deepEqual([left?.owner, left?.last_error], [null, "apply was lost"]);
  cloud.before = async () => {};
  await assertAgreement(cloud);
});

/** Changes the server's quota to 600 MHz, and lets the daemon die at it; from then on its host refuses that quota. */
async function dieAtRefused(cloud: Cloud, server: string): Promise<void> {
  const begun = hang(cloud, "apply");
  void lifecycle(cloud).set(server, input({ cpu: 600, name: "n" }));
  await begun;
  const restarted = cloud.restart();
  refuse(cloud, () => failed("no such quota"));
  await restarted;
}

/** The host refuses what asks for 600 MHz. */
function refuse(cloud: Cloud, reason: () => Error): void {
  cloud.before = async (effect, uuid) => {
    if (effect !== "apply") return;
    const config = (await configOf(cloud, uuid)) as Record<string, unknown>;
    if (config.cpu === 600) throw reason();
  };
}

test("a change that its daemon died at and its host then refuses is taken back whole", async (t) => {
  const cloud = await openCloud(t);
  const server = await makeLasting(cloud);
  const before = await configOf(cloud, server);
  await dieAtRefused(cloud, server);
  assert.deepEqual(await configOf(cloud, server), before);
  await assertAgreement(cloud);
  await lifecycle(cloud).set(server, input({ cpu: 700 }));
  await assertAgreement(cloud);
  assert.equal(cloud.machine.servers.get(server)?.spec.cpuMhz, 700);
});

test("a change takes the place of one that fails, and where it is refused goes back to what was before both", async (t) => {
  const cloud = await openCloud(t);
  const server = await makeLasting(cloud);
  const before = await configOf(cloud, server);
  const begun = hang(cloud, "apply");
  void lifecycle(cloud).set(server, input({ cpu: 700 }));
  await begun;
  const restarted = cloud.restart();
  cloud.before = async (effect) => {
    if (effect === "apply") throw new Unreachable("apply was lost");
  };
  await assert.rejects(restarted, /operations are left/);
  assert.equal(((await configOf(cloud, server)) as { cpu: number }).cpu, 700, "its outcome is unknown");
  refuse(cloud, () => failed("no such quota"));
  await assert.rejects(lifecycle(cloud).set(server, input({ cpu: 600 })), { message: "no such quota" });
  assert.deepEqual(await configOf(cloud, server), before);
  await lifecycle(cloud).set(server, input({ cpu: 800 }));
  cloud.unheard.length = 0;
  await assertAgreement(cloud);
});
