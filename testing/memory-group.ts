/** A control group with a limit of memory (cgroups(7)), v1 or v2, for a process of a test's own. */

import { randomUUID } from "node:crypto";
import { mkdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { until } from "./until.ts";

/** What limits the memory of a group: one file of each hierarchy. */
const LIMIT_FILES = { cgroup2: "memory.max", cgroup: "memory.limit_in_bytes" } as const;

export type MemoryGroup = {
  enter(pid: number): Promise<void>;
  /** To be called when no process is in it any more. */
  remove(): Promise<void>;
};

/** A group of its own, or the reason why there can be none here. */
export async function openMemoryGroup(limitBytes: number): Promise<MemoryGroup | string> {
  const found = hierarchy(await readFile("/proc/mounts", "utf8"));
  if (found === null) return "no control group hierarchy limits memory here";
  const dir = join(found.root, `lodge-test-${randomUUID()}`);
  try {
    await mkdir(dir);
  } catch (error) {
    return `no control group can be made: ${(error as Error).message}`;
  }
  try {
    await writeFile(join(dir, LIMIT_FILES[found.type]), String(limitBytes));
  } catch (error) {
    await rmdir(dir);
    return `memory cannot be limited: ${(error as Error).message}`;
  }
  return {
    enter: (pid) => writeFile(join(dir, "cgroup.procs"), String(pid)),
    async remove() {
      // A process that has ended leaves its group a moment later.
      await until("the control group is empty", () =>
        rmdir(dir)
          .then(() => true)
          .catch(() => null),
      );
    },
  };
}

type Hierarchy = { readonly type: keyof typeof LIMIT_FILES; readonly root: string };

/** The hierarchy of v1 that has the controller, where there is one: the controller is not in v2 then. */
function hierarchy(mounts: string): Hierarchy | null {
  let found: Hierarchy | null = null;
  for (const line of mounts.split("\n")) {
    const [, root = "", type, options = ""] = line.split(" ");
    if (type === "cgroup" && options.split(",").includes("memory")) return { type, root };
    if (type === "cgroup2") found = { type, root };
  }
  return found;
}
