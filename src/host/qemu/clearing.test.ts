import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { guestDrive, guestSpec, LOOPBACK, type TestHost, testHost } from "../../../testing/qemu/guest.ts";
import { openCpuQuota } from "../quota/cpu-quota.ts";

const quota = await openCpuQuota({ group: `lodge-test-${randomUUID()}`, coreMhz: 2000 });

let machine: TestHost;
before(async () => {
  machine = await testHost();
});
after(async () => {
  await machine.close();
  await quota?.close();
});

const newSpec = async () => guestSpec(randomUUID(), await guestDrive(machine.home, randomUUID()));
const endFile = (uuid: string) => join(machine.servers, uuid, "ended.json");

/** A network that cannot be cleared until it is mended, and what was tried. */
function brokenNetwork() {
  const broken = { isBroken: true, tried: 0, wasKept: [] as boolean[] };
  const unplug = async (uuid: string) => {
    broken.tried++;
    broken.wasKept.push(existsSync(endFile(uuid)));
    if (broken.isBroken) throw new Error("no such device");
  };
  return { broken, network: { ...LOOPBACK, unplug } };
}

test("what cannot be cleared is said, is tried again by each end and release, and holds up the release alone", async () => {
  const { broken, network } = brokenNetwork();
  const host = await machine.open({ network });
  const spec = await newSpec();
  const { uuid } = spec;
  await host.launch(spec, 1);
  const message = `the network of server ${uuid} could not be cleared on its host`;
  await assert.rejects(host.end(uuid, 2), { type: "failed", message });
  assert.equal((await host.find(uuid))?.state, "ended");
  await assert.rejects(host.end(uuid, 2), { type: "failed", message });
  await assert.rejects(host.release(uuid, 2), { type: "failed", message });
  assert.equal((await host.find(uuid))?.state, "ended");
  broken.isBroken = false;
  await host.release(uuid, 2);
  assert.equal(await host.find(uuid), null);
  assert.ok(broken.tried >= 4);
  // The last counters were in place before anything was cleared.
  assert.ok(broken.wasKept.every(Boolean));
  host.close();
});

test("what cannot be cleared after a guest's own end is told to the log, and tried again by itself", async () => {
  const { broken, network } = brokenNetwork();
  const host = await machine.open({ network, housekeepingMs: 5 });
  const spec = await newSpec();
  await host.launch(spec, 1);
  const { process: qemu } = await machine.traces(spec.uuid);
  const { promise: tried, resolve } = Promise.withResolvers<void>();
  const { unplug } = network;
  network.unplug = async (uuid) => {
    await unplug(uuid).finally(() => {
      if (broken.tried === 3) resolve();
    });
  };
  process.kill(qemu?.pid ?? 0, "SIGKILL");
  await machine.when(spec.uuid, (instance) => instance?.state === "ended");
  await tried;
  assert.ok(machine.events.some(({ level, server }) => level === "warn" && server === spec.uuid));
  broken.isBroken = false;
  await host.release(spec.uuid, 1);
  host.close();
});

test("a part that cannot be cleared keeps no other from being cleared, and what was cleared is not again", async () => {
  const cleared: string[] = [];
  const { broken, network } = brokenNetwork();
  const quota = {
    ...{ enter: async () => {}, limit: async () => {}, members: async () => [], servers: async () => [] },
    ...{ kill: async () => void cleared.push("processes"), close: async () => {} },
    remove: async () => void cleared.push("quota"),
  };
  const attachments = {
    ...{ adopt() {}, share: async () => {}, detach: () => void cleared.push("drives") },
    attach: async () => ({
      ...{ blockdev: { driver: "null-co", "node-name": "drive-ide-0-0" }, secret: null },
      ...{ file: null, shown: null },
    }),
  };
  const host = await machine.open({ network, quota, attachments });
  const spec = await newSpec();
  await host.launch(spec, 1);
  await assert.rejects(host.end(spec.uuid, 1), { type: "failed" });
  assert.deepEqual(cleared, ["processes", "quota", "drives"]);
  broken.isBroken = false;
  await host.end(spec.uuid, 1);
  await host.release(spec.uuid, 1);
  assert.deepEqual(cleared, ["processes", "quota", "drives"]);
  host.close();
});

test("a process that nobody knows of is ended with the server in whose control group it is", {
  skip: quota === null ? "this machine has no CPU quotas" : false,
}, async (context) => {
  assert.ok(quota !== null);
  const host = await machine.open({ quota });
  const spec = await newSpec();
  await host.launch(spec, 1);
  const unknown = spawn("sleep", ["600"]);
  context.after(() => unknown.kill("SIGKILL"));
  await once(unknown, "spawn");
  await quota.enter(spec.uuid, unknown.pid ?? 0);
  const gone = once(unknown, "exit");
  await host.end(spec.uuid, 1);
  assert.deepEqual(await gone, [null, "SIGKILL"]);
  await host.release(spec.uuid, 1);
  host.close();
});

test("nothing is cleared until the last counters are kept, and they are once there is room again", async () => {
  const { broken, network } = brokenNetwork();
  broken.isBroken = false;
  const host = await machine.open({ network });
  const spec = await newSpec();
  await host.launch(spec, 1);
  await mkdir(endFile(spec.uuid));
  await assert.rejects(host.end(spec.uuid, 1), { type: "failed" });
  assert.equal((await host.find(spec.uuid))?.state, "ended");
  assert.equal(broken.tried, 0);
  await rmdir(endFile(spec.uuid));
  await host.end(spec.uuid, 1);
  assert.equal(broken.tried, 1);
  await host.release(spec.uuid, 1);
  host.close();
});

test("a launch that failed and left something behind is shown to nobody, and the next one clears it first", async () => {
  const { broken, network } = brokenNetwork();
  const host = await machine.open({ network });
  const spec = await newSpec();
  const lost = {
    ...spec,
    devices: [{ ...spec.devices[0], volume: { ...spec.devices[0]?.volume, uuid: randomUUID() } }],
  };
  await assert.rejects(host.launch(lost as typeof spec, 1), /could not be started/);
  assert.deepEqual(await host.list(), []);
  await assert.rejects(host.launch(spec, 1), /could not be cleared/);
  broken.isBroken = false;
  await host.launch(spec, 1);
  assert.equal((await host.find(spec.uuid))?.state, "active");
  await host.end(spec.uuid, 1);
  await host.release(spec.uuid, 1);
  host.close();
});
