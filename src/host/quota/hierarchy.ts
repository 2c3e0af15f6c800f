/** Where this machine limits something: the control group hierarchy that has its controller, v1 or v2 (cgroups(7)). */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

export type Controller = "cpu" | "memory" | "pids" | "io";

/** In v1 the one of the disks has another name. */
const nameInV1 = (controller: Controller): string => (controller === "io" ? "blkio" : controller);

export type Hierarchy = { readonly version: 1 | 2; readonly root: string };

/** CPU time in microseconds that a group may take in each period. */
export type Bandwidth = { readonly quotaUs: number; readonly periodUs: number };

/** A file of a group, and what is written to it. */
export type GroupFile = readonly [name: string, text: string];

const PERIOD_US = 100_000;
/** Less than this the kernel refuses. */
const LEAST_US = 1_000;

/**
 * The mounted hierarchies that could have the controller, the better first, from the text of `/proc/mounts`. Whether a v2 one
 * does depends on its `cgroup.controllers`: on a machine with both, the controller is in one of them.
 */
export function hierarchiesIn(mounts: string, controller: Controller = "cpu"): Hierarchy[] {
  const found: Hierarchy[] = [];
  for (const line of mounts.split("\n")) {
    const [, root = "", type, options = ""] = line.split(" ");
    if (type === "cgroup2") found.unshift({ version: 2, root });
    if (type === "cgroup" && options.split(",").includes(nameInV1(controller)))
      found.push({ version: 1, root });
  }
  return found;
}

/** The hierarchy that has the controller here, or null. */
export async function findHierarchy(
  mountsFile = "/proc/mounts",
  controller: Controller = "cpu",
): Promise<Hierarchy | null> {
  for (const hierarchy of hierarchiesIn(await readFile(mountsFile, "utf8"), controller)) {
    if (hierarchy.version === 1) return hierarchy;
    const controllers = await readFile(join(hierarchy.root, "cgroup.controllers"), "utf8").catch(() => "");
    if (controllers.trim().split(" ").includes(controller)) return hierarchy;
  }
  return null;
}

/** The bandwidth that `cpuMhz` core MHz are, on cores of `coreMhz` each; a server of several may take several cores' worth. */
export function bandwidth(cpuMhz: number, coreMhz: number): Bandwidth {
  return {
    quotaUs: Math.max(LEAST_US, Math.round((cpuMhz / coreMhz) * PERIOD_US)),
    periodUs: PERIOD_US,
  };
}

/** What sets a group's limit. */
export function limitFiles(version: 1 | 2, { quotaUs, periodUs }: Bandwidth): GroupFile[] {
  return version === 2
    ? [["cpu.max", `${quotaUs} ${periodUs}`]]
    : [
        ["cpu.cfs_period_us", String(periodUs)],
        ["cpu.cfs_quota_us", String(quotaUs)],
      ];
}
