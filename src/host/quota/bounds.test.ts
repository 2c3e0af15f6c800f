import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { access, constants, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { run } from "../process/process.ts";
import { boundFile, type DiskBound, diskFiles, openBounds } from "./bounds.ts";
import { diskDevice } from "./disk-device.ts";

const MIB = 2 ** 20;

test("a bound is a file of its controller's in either version", () => {
  const bound = { memoryBytes: 100 * MIB, processes: 12 };
  assert.deepEqual(boundFile("memory", 2, bound), ["memory.max", "104857600"]);
  assert.deepEqual(boundFile("memory", 1, bound), ["memory.limit_in_bytes", "104857600"]);
  for (const version of [1, 2] as const) {
    assert.deepEqual(boundFile("pids", version, bound), ["pids.max", "12"]);
  }
});

test("a bound of the disk is a file in v2 and two in v1", () => {
  const disk = { device: "254:0", bytesPerSecond: 1000 };
  assert.deepEqual(diskFiles(2, disk), [["io.max", "254:0 rbps=1000 wbps=1000"]]);
  assert.deepEqual(diskFiles(1, disk), [
    ["blkio.throttle.read_bps_device", "254:0 1000"],
    ["blkio.throttle.write_bps_device", "254:0 1000"],
  ]);
  assert.deepEqual(diskFiles(2, null), []);
});

/** Runs a program in a group of that bound, from the word that it is in it on. */
async function bounded(
  program: string,
  disk: DiskBound | null = null,
): Promise<{ code: number | null; signal: string | null }> {
  const bounds = await openBounds(`lodge-test-${randomBytes(4).toString("hex")}`, disk);
  const child = spawn("/usr/bin/python3", ["-c", `input()\n${program}`], {
    stdio: ["pipe", "ignore", "ignore"],
  });
  try {
    await once(child, "spawn");
    await bounds.enter("server", child.pid ?? 0, { memoryBytes: 64 * MIB, processes: 4 });
    const ended = once(child, "exit");
    child.stdin.end("in\n");
    const [code, signal] = await ended;
    return { code, signal };
  } finally {
    child.kill("SIGKILL");
    await bounds.remove("server");
    await bounds.close();
  }
}

const device = await diskDevice(tmpdir());
const slow = device === null ? null : { device, bytesPerSecond: 2 * MIB };
const [hasMemory, hasProcesses] = [await machineHas("memory"), await machineHas("pids")];
const hasDisk = slow !== null && ((await machineHas("io")) || (await machineHas("blkio")));

test("what takes more memory than its bound is killed, and what takes less goes on", {
  skip: hasMemory ? false : "this machine has no bounds of memory",
}, async () => {
  assert.deepEqual(await bounded("b = bytearray(16 << 20)"), { code: 0, signal: null });
  assert.deepEqual(await bounded("b = bytearray(256 << 20)"), { code: null, signal: "SIGKILL" });
});

test("what makes more processes than its bound is refused them", {
  skip: hasProcesses ? false : "this machine has no bounds of processes",
}, async () => {
  const make = (count: number) => `import os
for i in range(${count}):
  if os.fork() == 0: os._exit(0)`;
  assert.equal((await bounded(make(2))).code, 0);
  assert.equal((await bounded(make(40))).code, 1);
});

test("what reads more of the disk in a second than its bound waits for it", {
  skip: hasDisk ? false : "this machine has no bounds of disks, or the folder of temporary files is on none",
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), "lodge-bounds-"));
  const file = join(folder, "file");
  await writeFile(file, randomBytes(8 * MIB), { flush: true });
  // Without the cache. What is bounded to 2 MiB a second takes 3 s and more for 8, however busy the machine is.
  const read = `import mmap, os
page = mmap.mmap(-1, 1 << 20)
file = os.open(${JSON.stringify(file)}, os.O_RDONLY | os.O_DIRECT)
while os.readv(file, [page]) > 0: pass`;
  const begun = performance.now();
  try {
    assert.equal((await bounded(read, slow)).code, 0);
  } finally {
    await rm(folder, { recursive: true });
  }
  assert.ok(performance.now() - begun > 2_500, `${performance.now() - begun} ms`);
});

test("the disk of a folder is the whole one that its partition is of, and none where it has none", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "lodge-devices-"));
  t.after(() => rm(folder, { recursive: true }));
  assert.equal(await diskDevice("/proc"), null);
  const name = await deviceOf(tmpdir());
  const [disk, devices] = [join(folder, "sda"), join(folder, "block")];
  await mkdir(join(disk, "sda1"), { recursive: true });
  await mkdir(devices);
  await writeFile(join(disk, "dev"), "8:0\n");
  await writeFile(join(disk, "sda1", "dev"), `${name}\n`);
  await symlink(join(disk, "sda1"), join(devices, name));
  assert.equal(await diskDevice(tmpdir(), devices), name);
  await writeFile(join(disk, "sda1", "partition"), "1\n");
  assert.equal(await diskDevice(tmpdir(), devices), "8:0");
});

/** Whether this user may set bounds of that controller here: asked of the machine, and not of what is tested. */
async function machineHas(controller: string): Promise<boolean> {
  const [v1, v2] = [`cgroup [^\\n]*\\b${controller}\\b`, "cgroup2"];
  const mounts = await readFile("/proc/mounts", "utf8");
  const rootOf = (kind: string) => new RegExp(`^\\S+ (\\S+) ${kind}`, "m").exec(mounts)?.[1];
  const separate = rootOf(v1);
  const unified = rootOf(v2);
  if (separate !== undefined) return isWritable(separate);
  if (unified === undefined) return false;
  const handedOn = await readFile(join(unified, "cgroup.subtree_control"), "utf8");
  return handedOn.trim().split(" ").includes(controller) && isWritable(unified);
}

function isWritable(folder: string): Promise<boolean> {
  return access(folder, constants.W_OK).then(
    () => true,
    () => false,
  );
}

/** As stat(1) says it. */
const deviceOf = async (path: string) => (await run(["stat", "-c", "%Hd:%Ld", path])).trim();
