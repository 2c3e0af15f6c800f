import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import {
  finish,
  guestDrive,
  guestSpec,
  serialPort,
  type TestHost,
  testHost,
} from "../../../testing/qemu/guest.ts";
import { until } from "../../../testing/until.ts";
import { LodgeError } from "../../base/errors.ts";
import { Outdated } from "../errors.ts";
import type { Instance, IoCounters } from "../host.ts";
import type { QemuServerHost } from "./server-host.ts";

let machine: TestHost;
let host: QemuServerHost;

before(async () => {
  machine = await testHost();
  host = await machine.open();
});

after(async () => {
  await machine.close();
  assert.deepEqual(
    machine.events.filter(({ level }) => level !== "info"),
    [],
  );
});

async function launched(generation = 1) {
  const uuid = randomUUID();
  const spec = guestSpec(uuid, await guestDrive(machine.home, randomUUID()));
  await host.launch(spec, generation);
  return { uuid, spec, drive: spec.devices[0]?.volume.uuid ?? "" };
}

const ended = (uuid: string) => machine.when(uuid, (instance) => instance?.state === "ended");

/** The counters of its only drive, once it has ended. */
function lastOf(instance: Instance | null): IoCounters | undefined {
  assert.ok(instance?.state === "ended");
  return instance.counters.devices["ide:0:0"];
}

const NO_TRACES = { process: null, directory: false };

test("a launched server is active and known, and launching it again changes nothing", async () => {
  const { uuid, spec } = await launched(3);
  const instance = await host.find(uuid);
  assert.ok(instance !== null && instance.state === "active" && instance.responsive);
  assert.equal(instance.generation, 3);
  assert.ok(Math.abs(instance.started - Date.now() / 1000) < 600);
  assert.ok((await host.list()).some((each) => each.uuid === uuid));
  const { process } = await machine.traces(uuid);
  await host.launch(spec, 3);
  assert.deepEqual(await host.find(uuid), instance);
  assert.deepEqual((await machine.traces(uuid)).process, process);
  await finish(host, uuid);
});

test("a launch of a later generation is busy while an earlier run is there, until that is released", async () => {
  const { uuid, spec } = await launched(1);
  await assert.rejects(host.launch(spec, 2), { type: "busy", message: /runs already/ });
  await assert.rejects(host.launch(spec, 2), { type: "busy", message: /runs already/ });
  await host.release(uuid, 2);
  assert.equal((await host.find(uuid))?.state, "active");
  await host.end(uuid, 2);
  await assert.rejects(host.launch(spec, 3), { type: "busy", message: /has ended/ });
  await host.release(uuid, 3);
  await host.launch(spec, 3);
  assert.equal((await host.find(uuid))?.generation, 3);
  await finish(host, uuid);
});

test("an ended server is kept with its last counters until it is released; ending it again does nothing", async () => {
  const { uuid } = await launched();
  await once(await serialPort(host, uuid), "data");
  await host.end(uuid, 1);
  assert.deepEqual(await machine.traces(uuid), { process: null, directory: true });
  assert.ok((lastOf(await host.find(uuid))?.readBytes ?? 0) >= 512);
  assert.equal(await host.live(uuid), null);
  await host.end(uuid, 1);
  await host.release(uuid, 1);
  assert.equal(await host.find(uuid), null);
  assert.deepEqual(await machine.traces(uuid), NO_TRACES);
  await host.release(uuid, 1);
  await host.end(uuid, 1);
});

test("a release that comes late leaves a later run as it is, and a launch that is repeated after one is refused", async () => {
  const { uuid, spec } = await launched(3);
  (await serialPort(host, uuid)).write("q");
  await ended(uuid);
  await host.release(uuid, 2);
  assert.equal((await host.find(uuid))?.state, "ended");
  await host.release(uuid, 3);
  await assert.rejects(host.launch(spec, 3), Outdated);
  assert.equal(await host.find(uuid), null);
});

test("what a server uses is told of its own process, and grows; of one that has ended nothing is", async () => {
  const { uuid } = await launched();
  await once(await serialPort(host, uuid), "data");
  const use = async () => (await host.uses()).get(uuid) ?? null;
  const first = (await use()) ?? assert.fail();
  assert.ok(first.residentBytes > 2 ** 20 && first.ageS >= 0 && first.ageS < 600);
  await until("it took time of a core", async () => {
    const { cpuMs = 0 } = (await use()) ?? {};
    return cpuMs > first.cpuMs ? true : null;
  });
  const { process: qemu } = await machine.traces(uuid);
  assert.equal(first.run, `${qemu?.pid}/${qemu?.startTicks}`);
  assert.deepEqual(Object.keys(first.counters.devices), ["ide:0:0"]);
  await host.end(uuid, 1);
  assert.equal(await use(), null);
  await host.release(uuid, 1);
});

test("a guest that powers itself off ends its run", async () => {
  const { uuid } = await launched();
  (await serialPort(host, uuid)).write("q");
  assert.ok((lastOf(await ended(uuid))?.readBytes ?? 0) >= 512);
  assert.equal((await machine.traces(uuid)).process, null);
});

test("powerDown presses the button that ACPI tells the guest of", async () => {
  const { uuid } = await launched();
  await once(await serialPort(host, uuid), "data");
  await host.powerDown(uuid);
  await ended(uuid);
});

test("a QEMU that is killed from outside is noticed, and has ended", async () => {
  const { uuid } = await launched();
  const { process: victim } = await machine.traces(uuid);
  assert.ok(victim !== null);
  process.kill(victim.pid, "SIGKILL");
  await ended(uuid);
});

test("a server whose guest panics is dead, and active again after a reset, which boots it anew", async () => {
  const { uuid } = await launched();
  const port = await serialPort(host, uuid);
  port.write("p");
  await machine.when(uuid, (instance) => instance?.state === "dead");
  assert.equal((await host.live(uuid))?.state, "dead");
  const said = once(port, "data");
  await host.reset(uuid);
  assert.equal(String((await said)[0]), "R");
  assert.equal((await host.find(uuid))?.state, "active");
  await finish(host, uuid);
});

test("counters that are asked for at once are the same answer, by the keys of devices", async () => {
  const { uuid } = await launched();
  const [one, other] = await Promise.all([host.live(uuid), host.live(uuid)]);
  assert.equal(one?.counters, other?.counters);
  assert.deepEqual(Object.keys(one?.counters.devices ?? {}), ["ide:0:0"]);
  assert.equal(one?.counters.rxBytes, 0);
  await finish(host, uuid);
});

test("what does not run here is missing, and has no live state", async () => {
  const uuid = randomUUID();
  const spec = guestSpec(uuid, await guestDrive(machine.home, randomUUID()));
  assert.equal(await host.live(uuid), null);
  assert.equal(await host.find(uuid), null);
  assert.equal(await host.describe(uuid), null);
  for (const act of [() => host.powerDown(uuid), () => host.reset(uuid), () => host.apply(spec, 1)]) {
    await assert.rejects(act, { name: "LodgeError", type: "missing" });
  }
});

/** Whether its sentence says no more than that it failed, and its cause, which is for the log, says why. */
const isRefused = (uuid: string, reason: RegExp) => (error: unknown) => {
  assert.ok(error instanceof LodgeError);
  assert.equal(error.type, "failed");
  assert.equal(error.message, `server ${uuid} could not be started on its host`);
  assert.match(String(error.cause), reason);
  return true;
};

test("a drive that a QEMU has open is locked for others, though each has it as a descriptor", async () => {
  const { uuid, spec } = await launched();
  const [device] = spec.devices;
  assert.ok(device !== undefined);
  const second = guestSpec(randomUUID(), device.volume);
  await assert.rejects(
    host.launch(second, 1),
    isRefused(second.uuid, /^Error: QEMU: .*Failed to get "write" lock/),
  );
  assert.deepEqual(await machine.traces(second.uuid), NO_TRACES);
  await finish(host, uuid);
  await host.launch(second, 2);
  await finish(host, second.uuid);
});

test("a launch whose drive is not there says so in its cause, not in its sentence, and leaves nothing", async () => {
  const uuid = randomUUID();
  const volume = { ...(await guestDrive(machine.home, randomUUID())), uuid: randomUUID() };
  const refused = isRefused(uuid, /^Error: the file of a drive cannot be opened \(ENOENT\)$/);
  await assert.rejects(host.launch(guestSpec(uuid, volume), 1), refused);
  assert.equal(await host.find(uuid), null);
  await assert.rejects(machine.exporterOf(volume.uuid)?.() ?? Promise.resolve(), { type: "missing" });
  assert.deepEqual(await machine.traces(uuid), NO_TRACES);
});

test("a run is described without its secrets", async () => {
  const uuid = randomUUID();
  const volume = { ...(await guestDrive(machine.home, randomUUID())), secret: "geheim-1" };
  const spec = {
    ...guestSpec(uuid, volume),
    vnc: { address: "127.9.0.2", password: "geheim-2", tls: false },
  };
  await host.launch({ ...spec, vnc: { ...spec.vnc, password: null } }, 1);
  const expected = {
    ...{ name: spec.name, cpuMhz: 500, memMib: 32, cores: 1, sockets: 1, nics: [] },
    devices: [{ key: "ide:0:0", media: "disk", shared: false, bootIndex: 0, drive: volume.uuid }],
    vnc: { address: "127.9.0.2", tls: false },
  };
  assert.deepEqual(await host.describe(uuid), expected);
  assert.doesNotMatch(JSON.stringify(await host.describe(uuid)), /geheim/);
  await finish(host, uuid);
});

test("a drive that a server holds is exported by it, once", async () => {
  const { uuid, drive } = await launched();
  const exporter = machine.exporterOf(drive);
  assert.ok(exporter !== undefined);
  const [one, other] = await Promise.all([exporter(), exporter()]);
  assert.deepEqual(one, other);
  const socket = connect(one.socketPath);
  const [greeting] = (await once(socket, "data")) as [Buffer];
  assert.equal(greeting.toString("latin1", 0, 8), "NBDMAGIC");
  socket.destroy();
  await finish(host, uuid);
  await assert.rejects(exporter(), { type: "missing" });
});

test("a screen listens from the moment it has a password until it has none", async () => {
  const uuid = randomUUID();
  const drive = await guestDrive(machine.home, randomUUID());
  const address = `127.9.${process.pid % 250}.${(process.pid >> 8) % 250 || 1}`;
  const withPassword = (password: string | null) => ({
    ...guestSpec(uuid, drive),
    vnc: { address, password, tls: false },
  });
  await host.launch(withPassword(null), 1);
  const greets = async () => {
    const socket = connect(5900, address);
    try {
      return String((await once(socket, "data"))[0]).slice(0, 3);
    } catch (error) {
      return (error as NodeJS.ErrnoException).code;
    } finally {
      socket.destroy();
    }
  };
  assert.equal(await greets(), "ECONNREFUSED");
  await host.apply(withPassword("12345678"), 2);
  assert.equal(await greets(), "RFB");
  await host.apply(withPassword("87654321"), 2);
  assert.equal(await greets(), "RFB");
  await host.apply(withPassword(null), 2);
  assert.equal(await greets(), "ECONNREFUSED");
  await finish(host, uuid);
});

test("a server may have all devices at once, and boots from any of them", async () => {
  const uuid = randomUUID();
  const places = [
    ...[0, 1].flatMap((busIndex) =>
      [0, 1].map((unit) => ({ key: `ide:${busIndex}:${unit}`, bus: "ide", busIndex, unit }) as const),
    ),
    ...[0, 1, 2, 3, 4, 5, 6, 7].map(
      (unit) => ({ key: `scsi:0:${unit}`, bus: "scsi", busIndex: 0, unit }) as const,
    ),
    ...[0, 1, 2, 3, 4, 5, 6, 7].map(
      (unit) => ({ key: `block:${unit}`, bus: "block", busIndex: 0, unit }) as const,
    ),
  ];
  const spec = guestSpec(uuid, await guestDrive(machine.home, randomUUID()));
  const devices = await Promise.all(
    places.map(async (place, position) => ({
      ...place,
      media: position % 3 === 1 ? ("cdrom" as const) : ("disk" as const),
      volume: { ...(await guestDrive(machine.home, randomUUID())), secret: "a secret" },
      shared: position % 4 > 1,
      bootIndex: place.bus === "scsi" && place.unit === 7 ? 0 : null,
    })),
  );
  const nics = [
    { index: 0, model: "rtl8139", mac: "06:00:00:00:00:01", vlan: null, lease: null },
    { index: 1, model: "virtio", mac: "06:00:00:00:00:02", vlan: null, lease: null },
  ] as const;
  await host.launch({ ...spec, devices, nics, cores: 4, sockets: 2 }, 1);
  await once(await serialPort(host, uuid), "data");
  const counted = (await host.live(uuid))?.counters.devices;
  assert.ok((counted?.["scsi:0:7"]?.readBytes ?? 0) > 0);
  assert.deepEqual(
    Object.keys(counted ?? {}),
    devices.map(({ key }) => key),
  );
  await finish(host, uuid);
});
