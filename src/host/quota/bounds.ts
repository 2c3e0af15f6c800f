/**
 * What a server may take of the machine besides CPU time: memory and processes, threads counted, and where the operator says
 * so bytes of the disk in a second, bounded by control groups of its own (cgroups(7)), in the hierarchies that have their
 * controllers. Where the memory runs out, the kernel ends the server's process and nothing else.
 */
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { enterGroup, groupsIn, killGroup, makeCloudGroup, removeGroup } from "./control-group.ts";
import { type Controller, findHierarchy, type GroupFile } from "./hierarchy.ts";

export type Bound = { readonly memoryBytes: number; readonly processes: number };
/** What each server may read in a second, and as much that it may write, of the disk (`diskDevice`). */
export type DiskBound = { readonly device: string; readonly bytesPerSecond: number };

type Group = { readonly controller: BoundController; readonly version: 1 | 2; readonly cloud: string };
type BoundController = Exclude<Controller, "cpu">;

/**
 * The bounds that this machine can set, of which there may be none. `group` is the name of the cloud's group. Without a bound
 * of the disk there are no groups for it, but those that an earlier daemon left.
 */
export async function openBounds(group: string, disk: DiskBound | null = null): Promise<Bounds> {
  const groups: Group[] = [];
  for (const controller of ["memory", "pids", "io"] as const) {
    const hierarchy = await findHierarchy("/proc/mounts", controller);
    if (hierarchy === null) continue;
    const cloud = join(hierarchy.root, group);
    if (controller === "io" && disk === null && !existsSync(cloud)) continue;
    if (await makeCloudGroup(hierarchy, cloud, controller)) {
      groups.push({ controller, version: hierarchy.version, cloud });
    }
  }
  return new Bounds(groups, disk);
}

export class Bounds {
  readonly #groups: readonly Group[];
  readonly #disk: DiskBound | null;

  constructor(groups: readonly Group[], disk: DiskBound | null) {
    this.#groups = groups;
    this.#disk = disk;
  }

  /** Whether there is one for it. */
  has(controller: BoundController): boolean {
    return this.#groups.some((group) => group.controller === controller);
  }

  /** Puts the process with all its threads into the server's groups, whose bounds are set first. May be repeated. */
  async enter(server: string, pid: number, bound: Bound): Promise<void> {
    await Promise.all(this.#groups.map((group) => this.#enter(group, server, pid, bound)));
  }

  /** Kills all processes in the groups of that name, and waits until they are gone. Errors: DeadlineExceeded. */
  async kill(name: string): Promise<void> {
    await Promise.all(
      this.#groups.map(({ controller, cloud }) =>
        killGroup(join(cloud, name), `the ${controller} group of ${name}`),
      ),
    );
  }

  /** Removes the server's groups, once its process is gone. Errors: DeadlineExceeded. */
  async remove(server: string): Promise<void> {
    await Promise.all(this.#groups.map(({ cloud }) => removeGroup(join(cloud, server))));
  }

  /** The names of all servers that have a group. */
  async servers(): Promise<string[]> {
    const names = await Promise.all(this.#groups.map(({ cloud }) => serversIn(cloud)));
    return [...new Set(names.flat())];
  }

  /** Removes the cloud's groups unless a server still has one in them. */
  async close(): Promise<void> {
    for (const { cloud } of this.#groups) {
      if ((await serversIn(cloud)).length === 0) await removeGroup(cloud);
    }
  }

  async #enter({ controller, version, cloud }: Group, server: string, pid: number, bound: Bound) {
    const files =
      controller === "io" ? diskFiles(version, this.#disk) : [boundFile(controller, version, bound)];
    if (files.length === 0) return;
    const directory = join(cloud, server);
    await mkdir(directory, { recursive: true });
    for (const [file, text] of files) await writeFile(join(directory, file), text);
    await enterGroup(directory, pid, `the ${controller} group of ${server}`);
  }
}

/** None in a group that is not there. */
const serversIn = (cloud: string): Promise<string[]> => groupsIn(cloud).catch(() => []);

/** What sets the bound of the disk. */
export function diskFiles(version: 1 | 2, disk: DiskBound | null): GroupFile[] {
  if (disk === null) return [];
  const { device, bytesPerSecond } = disk;
  if (version === 2) return [["io.max", `${device} rbps=${bytesPerSecond} wbps=${bytesPerSecond}`]];
  return (["read", "write"] as const).map((what) => [
    `blkio.throttle.${what}_bps_device`,
    `${device} ${bytesPerSecond}`,
  ]);
}

/** What sets a bound of memory or processes. */
export function boundFile(controller: "memory" | "pids", version: 1 | 2, bound: Bound): GroupFile {
  if (controller === "pids") return ["pids.max", String(bound.processes)];
  return [version === 2 ? "memory.max" : "memory.limit_in_bytes", String(bound.memoryBytes)];
}
