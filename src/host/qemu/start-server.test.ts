import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openModes } from "../../../testing/proc.ts";
import { finish, guestDrive, guestSpec, type TestHost, testHost } from "../../../testing/qemu/guest.ts";
import type { Device, Volume } from "../host.ts";
import { connectQmp } from "../wire/qmp.ts";
import { runDirectory } from "./run-directory.ts";

let machine: TestHost;

before(async () => {
  machine = await testHost();
});

after(() => machine.close());

const newDrive = () => guestDrive(machine.home, randomUUID());

test("QEMU has the drive of a CD open to read alone, unless it is a disk of the same server as well", async () => {
  const host = await machine.open();
  const [disk, cd, both] = [await newDrive(), await newDrive(), await newDrive()];
  const spec = guestSpec(randomUUID(), disk);
  const rest = { bus: "ide", bootIndex: null } as const;
  const devices: Device[] = [
    ...spec.devices,
    { ...rest, key: "ide:0:1", busIndex: 0, unit: 1, media: "cdrom", volume: cd, shared: false },
    { ...rest, key: "ide:1:0", busIndex: 1, unit: 0, media: "disk", volume: both, shared: true },
    { ...rest, key: "ide:1:1", busIndex: 1, unit: 1, media: "cdrom", volume: both, shared: true },
  ];
  await host.launch({ ...spec, devices }, 1);
  const qmp = await connectQmp(runDirectory(machine.servers, spec.uuid).sockets.operator);
  const nodes = await qmp.execute<{ "node-name": string; ro: boolean }[]>("query-named-block-nodes");
  qmp.close();
  const isReadOnly = (name: string) => nodes.find((node) => node["node-name"] === `drive-ide-${name}`)?.ro;
  assert.deepEqual(["0-0", "0-1", "1-0"].map(isReadOnly), [false, true, false]);
  // What it inherited is no more open to it than that.
  const { process: qemu } = await machine.traces(spec.uuid);
  const modes = await openModes(qemu?.pid ?? 0);
  const modeOf = ({ uuid }: Volume) => modes.get(join(machine.home, "drives", `${uuid}.raw`));
  assert.deepEqual([disk, cd, both].map(modeOf), ["rw", "r", "rw"]);
  await finish(host, spec.uuid);
});

test("a launch whose fence cannot be written starts no process", async () => {
  const { marks } = machine;
  const program = join(machine.home, "marking");
  await writeFile(program, `#!/bin/sh\n: > ${marks}/started\n`, { mode: 0o755 });
  const host = await machine.open({ program });
  const spec = guestSpec(randomUUID(), await newDrive());
  const fence = join(machine.home, "fences", `${spec.uuid}.json`);
  await mkdir(fence);
  await assert.rejects(host.launch(spec, 1), ({ cause }: Error) => /EISDIR|ENOTEMPTY/.test(String(cause)));
  assert.equal(existsSync(join(marks, "started")), false);
  await rmdir(fence);
  // It would have said so.
  await assert.rejects(host.launch(spec, 2), { type: "failed" });
  assert.equal(existsSync(join(marks, "started")), true);
});
