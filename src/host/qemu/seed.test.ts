/** The CD of a server's seed as its QEMU has it. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openModes } from "../../../testing/proc.ts";
import { finish, guestDrive, guestSpec, type TestHost, testHost } from "../../../testing/qemu/guest.ts";
import type { Seed } from "../host.ts";
import { connectQmp } from "../wire/qmp.ts";
import { runDirectory } from "./run-directory.ts";

const SECRET = "h0rse-b4ttery";
const SEED: Seed = [
  { name: "meta-data", content: "{}\n" },
  { name: "user-data", content: `#!/bin/sh\n# ${SECRET}\n` },
];

let machine: TestHost;
before(async () => {
  machine = await testHost();
});
after(() => machine.close());

const newSpec = async (seed?: Seed) => {
  const spec = guestSpec(randomUUID(), await guestDrive(machine.home, randomUUID()));
  return seed === undefined ? spec : { ...spec, seed };
};

const pidOf = async (uuid: string) => (await machine.traces(uuid)).process?.pid ?? assert.fail("it runs");

test("QEMU has the seed's CD open to read alone, in a file of nobody's that has no name", async () => {
  const host = await machine.open();
  const spec = await newSpec(SEED);
  await host.launch(spec, 1);
  const pid = await pidOf(spec.uuid);
  const found: string[] = [];
  for (const fd of await readdir(`/proc/${pid}/fd`)) {
    const file = `/proc/${pid}/fd/${fd}`;
    const { size, nlink, uid } = await stat(file);
    if (nlink !== 0 || size === 0 || !(await readFile(file, "latin1")).includes(SECRET)) continue;
    found.push(fd);
    assert.equal(uid, process.getuid?.(), "its server's user cannot open it anew");
    const info = await readFile(`/proc/${pid}/fdinfo/${fd}`, "utf8");
    assert.equal(Number.parseInt(/^flags:\s*(\d+)$/m.exec(info)?.[1] ?? "3", 8) & 3, 0, "to read");
  }
  assert.ok(found.length > 0, "it has it");
  assert.ok(![...(await openModes(pid)).keys()].some((path) => path.includes("seed")));
  const words = await readFile(`/proc/${pid}/cmdline`, "utf8");
  assert.ok(!words.includes(SECRET));
  await assert.rejects(readdir(join(machine.servers, spec.uuid, "seed")), { code: "ENOENT" });
  await finish(host, spec.uuid);
});

test("the CD is a device of its own at a fixed place, and a server without a seed has none", async () => {
  const host = await machine.open();
  for (const seed of [SEED, undefined]) {
    const spec = await newSpec(seed);
    await host.launch(spec, 1);
    const qmp = await connectQmp(runDirectory(machine.servers, spec.uuid).sockets.operator);
    const blocks =
      await qmp.execute<{ qdev: string; inserted?: { "node-name": string; ro: boolean } }[]>("query-block");
    const buses = await qmp.execute<{ devices: { slot: number; qdev_id: string }[] }[]>("query-pci");
    qmp.close();
    const cds = blocks.filter(({ inserted }) => inserted?.["node-name"] === "seed");
    const slots = buses.flatMap(({ devices }) => devices).filter(({ qdev_id }) => qdev_id === "seed-bus");
    if (seed === undefined) assert.deepEqual([cds, slots], [[], []]);
    else {
      assert.deepEqual(
        cds.map(({ qdev, inserted }) => [qdev, inserted?.ro]),
        [["seed-cd", true]],
      );
      assert.deepEqual(
        slots.map(({ slot }) => slot),
        [7],
      );
    }
    await finish(host, spec.uuid);
  }
});

test("a launch that is given up while its CD is made leaves nothing of it", async () => {
  const host = await machine.open();
  const spec = await newSpec(SEED);
  const launched = host.launch(spec, 1);
  await host.end(spec.uuid, 2);
  await assert.rejects(launched);
  const { process: qemu } = await machine.traces(spec.uuid);
  assert.equal(qemu, null);
  await assert.rejects(readdir(join(machine.servers, spec.uuid, "seed")), { code: "ENOENT" });
});
