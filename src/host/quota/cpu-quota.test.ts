import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { withoutMainThread } from "../../../testing/processes.ts";
import { identify } from "../process/process.ts";
import { openCpuQuota } from "./cpu-quota.ts";
import { findHierarchy } from "./hierarchy.ts";

const group = `lodge-test-${randomBytes(4).toString("hex")}`;
const quota = await openCpuQuota({ group, coreMhz: 2000 });

test("a server's group limits its process, live, and is gone with it", {
  skip: quota === null ? "this machine has no CPU quotas" : false,
}, async (context) => {
  const hierarchy = await findHierarchy();
  assert.ok(hierarchy !== null && quota !== null);
  const directory = join(hierarchy.root, group, "server");
  const limit = async () => {
    const file = hierarchy.version === 2 ? "cpu.max" : "cpu.cfs_quota_us";
    return Number.parseInt(await readFile(join(directory, file), "utf8"), 10);
  };
  const child = spawn("sleep", ["600"]);
  const ended = once(child, "exit");
  context.after(() => child.kill("SIGKILL"));
  await once(child, "spawn");
  await quota.enter("server", child.pid ?? 0);
  await quota.limit("server", 500);
  assert.equal(await limit(), 25_000);
  assert.equal(await readFile(join(directory, "cgroup.procs"), "utf8"), `${child.pid}\n`);
  await quota.limit("server", 3000);
  assert.equal(await limit(), 150_000);
  await quota.close();
  await access(directory);
  child.kill("SIGKILL");
  await ended;
  await quota.remove("server");
  await quota.remove("server");
  await assert.rejects(access(directory), { code: "ENOENT" });
  await quota.close();
  await assert.rejects(access(join(hierarchy.root, group)), { code: "ENOENT" });
});

test("a group has the processes whose main threads have ended as its members, and all are killed", {
  skip: quota === null ? "this machine has no CPU quotas" : false,
}, async (context) => {
  assert.ok(quota !== null);
  const name = `lodge-test-${randomBytes(4).toString("hex")}`;
  const other = await openCpuQuota({ group: name, coreMhz: 2000 });
  assert.ok(other !== null);
  const { child: headless, pid } = await withoutMainThread(null);
  const whole = spawn("sleep", ["600"]);
  context.after(() => [headless, whole].map((child) => child.kill("SIGKILL")));
  await once(whole, "spawn");
  assert.deepEqual(await other.members("server"), []);
  for (const each of [pid, whole.pid ?? 0]) for (const _ of [1, 2]) await other.enter("server", each);
  const members = await other.members("server");
  assert.deepEqual(members.sort(), [pid, whole.pid].sort());
  assert.deepEqual(await other.servers(), ["server"]);
  await other.kill("server");
  assert.deepEqual(await other.members("server"), []);
  assert.deepEqual(await Promise.all(members.map(identify)), [null, null]);
  await other.remove("server");
  await other.close();
});

test("a group in which a process is left is not removed, and that is said in time", {
  skip: quota === null ? "this machine has no CPU quotas" : false,
}, async (context) => {
  assert.ok(quota !== null);
  const child = spawn("sleep", ["600"]);
  context.after(() => child.kill("SIGKILL"));
  await once(child, "spawn");
  const other = await openCpuQuota({ group, coreMhz: 2000 });
  await other?.enter("server", child.pid ?? 0);
  await assert.rejects(other?.remove("server") ?? Promise.resolve(), {
    name: "DeadlineExceeded",
    message: /^the removal of the control group .*server took longer than \d+ ms$/,
  });
  await other?.kill("server");
  await other?.remove("server");
  await other?.close();
});
