import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { bandwidth, findHierarchy, hierarchiesIn, limitFiles } from "./hierarchy.ts";

const HYBRID = `tmpfs /sys/fs/cgroup tmpfs rw 0 0
cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,relatime,cpu,cpuacct 0 0
cgroup /sys/fs/cgroup/cpuset cgroup rw,relatime,cpuset 0 0
cgroup2 /sys/fs/cgroup/unified cgroup2 rw,relatime 0 0
`;

test("hierarchies are read off the mounts, v2 first", () => {
  assert.deepEqual(hierarchiesIn(HYBRID), [
    { version: 2, root: "/sys/fs/cgroup/unified" },
    { version: 1, root: "/sys/fs/cgroup/cpu,cpuacct" },
  ]);
  assert.deepEqual(hierarchiesIn("cgroup2 /sys/fs/cgroup cgroup2 rw 0 0"), [
    { version: 2, root: "/sys/fs/cgroup" },
  ]);
  assert.deepEqual(hierarchiesIn("proc /proc proc rw 0 0\n"), []);
});

test("of two hierarchies the one that has the controller is taken", async () => {
  const root = await mkdtemp(join(tmpdir(), "lodge-cgroups-"));
  const [v1, v2, mounts] = [join(root, "cpu"), join(root, "unified"), join(root, "mounts")];
  await mkdir(v2);
  await writeFile(mounts, `cgroup ${v1} cgroup rw,cpu 0 0\ncgroup2 ${v2} cgroup2 rw 0 0\n`);
  await writeFile(join(v2, "cgroup.controllers"), "");
  assert.deepEqual(await findHierarchy(mounts), { version: 1, root: v1 });
  await writeFile(join(v2, "cgroup.controllers"), "cpuset cpu io\n");
  assert.deepEqual(await findHierarchy(mounts), { version: 2, root: v2 });
  await writeFile(mounts, "");
  assert.equal(await findHierarchy(mounts), null);
  await rm(root, { recursive: true });
});

test("core MHz are a share of a core's time, or of several", () => {
  assert.deepEqual(bandwidth(1000, 2000), { quotaUs: 50_000, periodUs: 100_000 });
  assert.deepEqual(bandwidth(5000, 2000), { quotaUs: 250_000, periodUs: 100_000 });
  assert.equal(bandwidth(1, 4000).quotaUs, 1000);
});

test("a limit is one file in v2 and two in v1", () => {
  const half = { quotaUs: 50_000, periodUs: 100_000 };
  assert.deepEqual(limitFiles(2, half), [["cpu.max", "50000 100000"]]);
  assert.deepEqual(limitFiles(1, half), [
    ["cpu.cfs_period_us", "100000"],
    ["cpu.cfs_quota_us", "50000"],
  ]);
});
