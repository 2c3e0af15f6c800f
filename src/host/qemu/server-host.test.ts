import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readdir, rm } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  guestDrive,
  guestSpec,
  nextEvent,
  serialPort,
  type TestHost,
  testHost,
} from "../../../testing/qemu/guest.ts";
import { LodgeError } from "../../base/errors.ts";
import { serverProcesses } from "./processes.ts";
import type { QemuServerHost } from "./server-host.ts";

let machine: TestHost;
let host: QemuServerHost;

before(async () => {
  machine = await testHost();
  host = await machine.open();
});

after(async () => {
  await machine.close();
  assert.deepEqual(machine.errors, []);
});

async function launched() {
  const uuid = randomUUID();
  const drive = await guestDrive(machine.home, randomUUID());
  const instance = await host.launch(guestSpec(uuid, drive));
  return { uuid, drive, instance };
}

const goneOf = (uuid: string) => nextEvent(host, (event) => event.kind === "gone" && event.uuid === uuid);

/** The process of a server, and what it has in the directory of run directories. */
async function traces(uuid: string) {
  const servers = join(machine.home, "servers");
  return {
    process: (await serverProcesses(servers)).get(uuid) ?? null,
    directory: (await readdir(servers)).includes(uuid),
  };
}

const NO_TRACES = { process: null, directory: false };

test("a launched server is active and known, and launching it again changes nothing", async () => {
  const { uuid, drive, instance } = await launched();
  assert.equal(instance.state, "active");
  assert.deepEqual(host.find(uuid), instance);
  assert.ok(host.running().some((each) => each.uuid === uuid));
  const { process } = await traces(uuid);
  assert.deepEqual(await host.launch(guestSpec(uuid, drive)), instance);
  assert.deepEqual((await traces(uuid)).process, process);
  await host.kill(uuid);
});

test("a killed server is gone, with its last counters, before kill answers; killing it again does nothing", async () => {
  const { uuid } = await launched();
  const gone = goneOf(uuid);
  const port = await serialPort(machine.home, uuid);
  await once(port, "data");
  await host.kill(uuid);
  assert.equal(host.find(uuid), null);
  assert.deepEqual(await traces(uuid), NO_TRACES);
  const event = await gone;
  assert.equal(event.kind, "gone");
  assert.ok(event.kind === "gone" && (event.counters.devices[0]?.readBytes ?? 0) >= 512);
  await host.kill(uuid);
});

test("a guest that powers itself off is gone without a trace", async () => {
  const { uuid } = await launched();
  const gone = goneOf(uuid);
  (await serialPort(machine.home, uuid)).write("q");
  const event = await gone;
  assert.ok(event.kind === "gone" && (event.counters.devices[0]?.readBytes ?? 0) >= 512);
  assert.equal(host.find(uuid), null);
  assert.deepEqual(await traces(uuid), NO_TRACES);
});

test("powerDown presses the button that ACPI tells the guest of", async () => {
  const { uuid } = await launched();
  await once(await serialPort(machine.home, uuid), "data");
  const gone = goneOf(uuid);
  await host.powerDown(uuid);
  assert.equal((await gone).kind, "gone");
});

test("a QEMU that is killed from outside is noticed, and nothing of it is left", async () => {
  const { uuid } = await launched();
  const gone = goneOf(uuid);
  const { process: victim } = await traces(uuid);
  assert.ok(victim !== null);
  process.kill(victim.pid, "SIGKILL");
  assert.equal((await gone).kind, "gone");
  assert.deepEqual(await traces(uuid), NO_TRACES);
});

test("a server whose guest panics is dead, and active again after a reset, which boots it anew", async () => {
  const { uuid } = await launched();
  const port = await serialPort(machine.home, uuid);
  const state = nextEvent(host, (event) => event.uuid === uuid);
  port.write("p");
  assert.deepEqual(await state, { kind: "state", uuid, state: "dead" });
  assert.equal(host.find(uuid)?.state, "dead");
  const said = once(port, "data");
  await host.reset(uuid);
  assert.equal(String((await said)[0]), "R");
  assert.equal(host.find(uuid)?.state, "active");
  await host.kill(uuid);
});

test("counters that are asked for at once are the same answer, with a device's each in the spec's order", async () => {
  const { uuid } = await launched();
  const [one, other] = await Promise.all([host.counters(uuid), host.counters(uuid)]);
  assert.equal(one, other);
  assert.equal(one?.devices.length, 1);
  assert.equal(one?.rxBytes, 0);
  await host.kill(uuid);
  await assert.rejects(host.counters(uuid), { name: "LodgeError", type: "failed" });
});

test("a launch that fails names QEMU's reason and leaves nothing", async () => {
  const uuid = randomUUID();
  const drive = { uuid: randomUUID(), sizeBytes: 512, cipher: "none", secret: null } as const;
  await assert.rejects(host.launch(guestSpec(uuid, drive)), (error: unknown) => {
    assert.ok(error instanceof LodgeError);
    assert.equal(error.type, "failed");
    assert.match(error.message, /could not be started: .*No such file or directory/);
    return true;
  });
  assert.equal(host.find(uuid), null);
  assert.equal(host.heldBy(drive.uuid), null);
  assert.deepEqual(await traces(uuid), NO_TRACES);
});

test("a second host finds the server that the first has left, and its end", async () => {
  const { uuid, drive, instance } = await launched();
  const port = await serialPort(machine.home, uuid);
  await once(port, "data");
  host.close();
  host = await machine.open();
  assert.deepEqual(host.find(uuid), instance);
  assert.notEqual(host.heldBy(drive.uuid), null);
  const gone = goneOf(uuid);
  port.write("q");
  assert.equal((await gone).kind, "gone");
});

test("what went while no daemon was there is told to the first who listens", async () => {
  const { uuid: killed } = await launched();
  const { uuid: poweredOff } = await launched();
  const port = await serialPort(machine.home, poweredOff);
  await once(port, "data");
  host.close();
  const { process: victim } = await traces(killed);
  assert.ok(victim !== null);
  process.kill(victim.pid, "SIGKILL");
  port.write("q");
  host = await machine.open();
  assert.equal(host.find(killed), null);
  assert.equal((await goneOf(killed)).kind, "gone");
  if (host.find(poweredOff) !== null) await goneOf(poweredOff);
  assert.deepEqual(await traces(killed), NO_TRACES);
  assert.deepEqual(await traces(poweredOff), NO_TRACES);
});

test("a QEMU of which nothing was written down yet is ended by the next daemon", async () => {
  const { uuid } = await launched();
  host.close();
  await rm(join(machine.home, "servers", uuid, "record.json"));
  host = await machine.open();
  assert.equal(host.find(uuid), null);
  assert.deepEqual(await traces(uuid), NO_TRACES);
});

test("a drive that a server holds is exported by it, once, also after an adoption", async () => {
  const { uuid, drive } = await launched();
  const [one, other] = await Promise.all([host.heldBy(drive.uuid)?.(), host.heldBy(drive.uuid)?.()]);
  assert.deepEqual(one, other);
  assert.ok(one !== undefined);
  host.close();
  host = await machine.open();
  assert.deepEqual(await host.heldBy(drive.uuid)?.(), one);
  const socket = connect(one.socketPath);
  const [greeting] = (await once(socket, "data")) as [Buffer];
  assert.equal(greeting.toString("latin1", 0, 8), "NBDMAGIC");
  socket.destroy();
  await host.kill(uuid);
  assert.equal(host.heldBy(drive.uuid), null);
});

test("a screen listens from the moment it has a password until it has none", async () => {
  const uuid = randomUUID();
  const drive = await guestDrive(machine.home, randomUUID());
  const address = `127.9.${process.pid % 250}.${(process.pid >> 8) % 250 || 1}`;
  await host.launch({ ...guestSpec(uuid, drive), vnc: { address, password: null, tls: false } });
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
  await host.setVncPassword(uuid, "12345678");
  assert.equal(await greets(), "RFB");
  await host.setVncPassword(uuid, "87654321");
  assert.equal(await greets(), "RFB");
  await host.setVncPassword(uuid, null);
  assert.equal(await greets(), "ECONNREFUSED");
  await host.kill(uuid);
});

test("a server may have all devices at once, and boots from any of them", async () => {
  const uuid = randomUUID();
  const places = [
    ...[0, 1].flatMap((busIndex) => [0, 1].map((unit) => ({ bus: "ide", busIndex, unit }) as const)),
    ...[0, 1, 2, 3, 4, 5, 6, 7].map((unit) => ({ bus: "scsi", busIndex: 0, unit }) as const),
    ...[0, 1, 2, 3, 4, 5, 6, 7].map((unit) => ({ bus: "block", busIndex: 0, unit }) as const),
  ];
  const spec = guestSpec(uuid, await guestDrive(machine.home, randomUUID()));
  const devices = await Promise.all(
    places.map(async (place, position) => ({
      ...place,
      media: position % 3 === 1 ? ("cdrom" as const) : ("disk" as const),
      drive: { ...(await guestDrive(machine.home, randomUUID())), secret: "a secret" },
      shared: position % 4 > 1,
      bootIndex: place.bus === "scsi" && place.unit === 7 ? 0 : null,
    })),
  );
  const nics = [
    { index: 0, model: "rtl8139", mac: "06:00:00:00:00:01", vlan: null, lease: null },
    { index: 1, model: "virtio", mac: "06:00:00:00:00:02", vlan: null, lease: null },
  ] as const;
  await host.launch({ ...spec, devices, nics, cores: 4, sockets: 2 });
  await once(await serialPort(machine.home, uuid), "data");
  const counters = await host.counters(uuid);
  const read = counters.devices.flatMap(({ readBytes }, position) => (readBytes > 0 ? [position] : []));
  assert.ok(read.includes(places.findIndex(({ bus, unit }) => bus === "scsi" && unit === 7)));
  assert.equal(counters.devices.length, places.length);
  await host.kill(uuid);
});

test("two who launch and kill one server at once do so one after the other", async () => {
  const uuid = randomUUID();
  const spec = guestSpec(uuid, await guestDrive(machine.home, randomUUID()));
  const outcomes = await Promise.allSettled([
    host.launch(spec),
    host.kill(uuid),
    host.launch(spec),
    host.launch(spec),
    host.kill(uuid),
  ]);
  assert.ok(outcomes.every(({ status }) => status === "fulfilled"));
  assert.equal(host.find(uuid), null);
  assert.deepEqual(await traces(uuid), NO_TRACES);
});
