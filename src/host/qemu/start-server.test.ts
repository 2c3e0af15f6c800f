import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { finish, guestDrive, guestSpec, type TestHost, testHost } from "../../../testing/qemu/guest.ts";
import type { Device } from "../host.ts";
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
  const nodes = await qmp.execute<{ file: string; drv: string; ro: boolean }[]>("query-named-block-nodes");
  qmp.close();
  const isReadOnly = (uuid: string) =>
    nodes.flatMap(({ file, drv, ro }) => (drv === "raw" && file.includes(uuid) ? [ro] : []));
  assert.deepEqual(
    [disk, cd, both].map(({ uuid }) => isReadOnly(uuid)),
    [[false], [true], [false]],
  );
  await finish(host, spec.uuid);
});

test("a launch whose fence cannot be written starts no process", async () => {
  const [program, marks] = [join(machine.home, "marking"), join(machine.home, "marks")];
  await mkdir(marks);
  await chmod(marks, 0o777);
  await writeFile(program, `#!/bin/sh\ntouch ${marks}/started\n`, { mode: 0o755 });
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
