import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
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
