/**
 * What a server may take of the machine besides CPU time: memory and processes, threads counted, bounded by control groups
 * of its own (cgroups(7)), in the hierarchies that have their controllers. Where the memory runs out, the kernel ends the
 * server's process and nothing else.
 */
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { within } from "../../base/deadline.ts";
import { isRefusal, makeCloudGroup, removeGroup } from "./cpu-quota.ts";
import { findHierarchy, type GroupFile, type Hierarchy } from "./hierarchy.ts";

export type Bound = { readonly memoryBytes: number; readonly processes: number };

const GROUP_MS = 5_000;

type Group = { readonly controller: "memory" | "pids"; readonly version: 1 | 2; readonly cloud: string };

/** The bounds that this machine can set, of which there may be none. `group` is the name of the cloud's group. */
export async function openBounds(group: string): Promise<Bounds> {
  const groups: Group[] = [];
  for (const controller of ["memory", "pids"] as const) {
    const hierarchy = await findHierarchy("/proc/mounts", controller);
    if (hierarchy === null) continue;
    const cloud = join(hierarchy.root, group);
    if (await isMade(hierarchy, cloud, controller)) {
      groups.push({ controller, version: hierarchy.version, cloud });
    }
  }
  return new Bounds(groups);
}

async function isMade(
  hierarchy: Hierarchy,
  cloud: string,
  controller: Group["controller"],
): Promise<boolean> {
  try {
    await makeCloudGroup(hierarchy, cloud, controller);
    return true;
  } catch (error) {
    if (isRefusal(error)) return false;
    throw error;
  }
}

export class Bounds {
  readonly #groups: readonly Group[];

  constructor(groups: readonly Group[]) {
    this.#groups = groups;
  }

  /** Whether there is one for it. */
  has(controller: Group["controller"]): boolean {
    return this.#groups.some((group) => group.controller === controller);
  }

  /** Puts the process with all its threads into the server's groups, whose bounds are set first. May be repeated. */
  async enter(server: string, pid: number, bound: Bound): Promise<void> {
    await Promise.all(this.#groups.map((group) => this.#enter(group, server, pid, bound)));
  }

  /** Removes the server's groups, once its process is gone. Errors: DeadlineExceeded. */
  async remove(server: string): Promise<void> {
    await Promise.all(this.#groups.map(({ cloud }) => removeGroup(join(cloud, server))));
  }

  /** The names of all servers that have a group. */
  async servers(): Promise<string[]> {
    const names = await Promise.all(this.#groups.map(({ cloud }) => groupsIn(cloud)));
    return [...new Set(names.flat())];
  }

  /** Removes the cloud's groups unless a server still has one in them. */
  async close(): Promise<void> {
    for (const { cloud } of this.#groups) {
      if ((await groupsIn(cloud)).length === 0) await removeGroup(cloud);
    }
  }

  async #enter({ controller, version, cloud }: Group, server: string, pid: number, bound: Bound) {
    const directory = join(cloud, server);
    await mkdir(directory, { recursive: true });
    const [file, text] = boundFile(controller, version, bound);
    await writeFile(join(directory, file), text);
    const entered = writeFile(join(directory, "cgroup.procs"), String(pid));
    await within(GROUP_MS, `process ${pid} on its way into the ${controller} group of ${server}`, entered);
  }
}

/** None in one that is not there. */
async function groupsIn(cloud: string): Promise<string[]> {
  const entries = await readdir(cloud, { withFileTypes: true }).catch(() => []);
  return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
}

/** What sets a bound. */
export function boundFile(controller: Group["controller"], version: 1 | 2, bound: Bound): GroupFile {
  if (controller === "pids") return ["pids.max", String(bound.processes)];
  return [version === 2 ? "memory.max" : "memory.limit_in_bytes", String(bound.memoryBytes)];
}
