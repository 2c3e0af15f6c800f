/**
 * A server's CPU quota in core MHz (spec: cpu), as a bandwidth limit on a control group of its own: live, and a limit, not
 * a share. Groups of a cloud stand under one of the cloud's.
 */
import { mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { DeadlineExceeded, within } from "../../base/deadline.ts";
import { retry } from "../../base/retry.ts";
import { bandwidth, type Controller, findHierarchy, type Hierarchy, limitFiles } from "./hierarchy.ts";

export type CpuQuota = {
  /**
   * Puts a process with all its threads into the server's group, which is made when there is none. The kernel takes some
   * 10 ms for it, in which the process can make no threads. Does nothing when it is there already.
   */
  enter(server: string, pid: number): Promise<void>;
  /** Sets or changes the limit of a server's group: at once. */
  limit(server: string, cpuMhz: number): Promise<void>;
  /** The processes in the server's group, those included whose main threads have ended while others run. */
  members(server: string): Promise<number[]>;
  /** The names of all servers that have a group. */
  servers(): Promise<string[]>;
  /** Kills all processes in the server's group, and waits until they are gone. Errors: DeadlineExceeded. */
  kill(server: string): Promise<void>;
  /** Removes the server's group, once its process is gone; does nothing when there is none. Errors: DeadlineExceeded. */
  remove(server: string): Promise<void>;
  /** Removes the cloud's group unless a server still has one in it. */
  close(): Promise<void>;
};

export type CpuQuotaOptions = {
  /** The name of the cloud's group. */
  readonly group: string;
  readonly coreMhz: number;
};

/** How long the kernel may take for a change of a group, and until a group is empty whose processes were killed. */
const GROUP_MS = 5_000;
const LOOK_EVERY_MS = 5;

/** The machine's CPU quotas, or null where there are none to be had: no controller, or no right to use it. */
export async function openCpuQuota({ group, coreMhz }: CpuQuotaOptions): Promise<CpuQuota | null> {
  const hierarchy = await findHierarchy();
  if (hierarchy === null) return null;
  const cloud = join(hierarchy.root, group);
  try {
    await makeCloudGroup(hierarchy, cloud, "cpu");
  } catch (error) {
    if (isRefusal(error)) return null;
    throw error;
  }
  return new GroupQuota(hierarchy.version, cloud, coreMhz);
}

class GroupQuota implements CpuQuota {
  readonly #version: 1 | 2;
  readonly #cloud: string;
  readonly #coreMhz: number;

  constructor(version: 1 | 2, cloud: string, coreMhz: number) {
    this.#version = version;
    this.#cloud = cloud;
    this.#coreMhz = coreMhz;
  }

  async enter(server: string, pid: number): Promise<void> {
    await mkdir(join(this.#cloud, server), { recursive: true });
    if ((await this.members(server)).includes(pid)) return;
    const entered = writeFile(join(this.#cloud, server, "cgroup.procs"), String(pid));
    await within(GROUP_MS, `process ${pid} on its way into the control group of ${server}`, entered);
  }

  async limit(server: string, cpuMhz: number): Promise<void> {
    for (const [file, text] of limitFiles(this.#version, bandwidth(cpuMhz, this.#coreMhz))) {
      const limited = writeFile(join(this.#cloud, server, file), text);
      await within(GROUP_MS, `the limit of the control group of ${server}`, limited);
    }
  }

  members(server: string): Promise<number[]> {
    return membersOf(join(this.#cloud, server));
  }

  async servers(): Promise<string[]> {
    const entries = await readdir(this.#cloud, { withFileTypes: true });
    return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  }

  async kill(server: string): Promise<void> {
    const end = performance.now() + GROUP_MS;
    for (let killed = false; ; killed = true) {
      const members = await this.members(server);
      if (members.length === 0) return;
      if (performance.now() > end) {
        throw new DeadlineExceeded(
          `the end of ${members.join(", ")} in the control group of ${server}`,
          GROUP_MS,
        );
      }
      if (killed) await delay(LOOK_EVERY_MS);
      for (const pid of members) kill(pid);
    }
  }

  remove(server: string): Promise<void> {
    return removeGroup(join(this.#cloud, server));
  }

  async close(): Promise<void> {
    if ((await this.servers()).length === 0) await removeGroup(this.#cloud);
  }
}

/** A group that there is not has none. */
async function membersOf(directory: string): Promise<number[]> {
  return (await lines(join(directory, "cgroup.procs"))).map(Number);
}

/** None of a file that is not there (any more). */
async function lines(file: string): Promise<string[]> {
  const text = await readFile(file, "latin1").catch((error: NodeJS.ErrnoException) => {
    if (["ENOENT", "ENODEV", "ESRCH"].includes(error.code ?? "")) return "";
    throw error;
  });
  return text.split("\n").filter((line) => line !== "");
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** In v2 a group hands the controller on to those below it only when told to, and so does the root. */
export async function makeCloudGroup(
  { version, root }: Hierarchy,
  cloud: string,
  controller: Controller,
): Promise<void> {
  await mkdir(cloud, { recursive: true });
  if (version === 1) return;
  try {
    for (const directory of [root, cloud]) {
      await writeFile(join(directory, "cgroup.subtree_control"), `+${controller}`);
    }
  } catch (error) {
    // Another controller may be in use in it already.
    await rmdir(cloud).catch(() => {});
    throw error;
  }
}

/** EBUSY: the root is a container's, which has processes of its own in it and so may hand nothing on. */
export function isRefusal(error: unknown): boolean {
  const { code = "" } = error as NodeJS.ErrnoException;
  return ["EACCES", "EPERM", "EROFS", "EBUSY", "ENOENT", "ENOTSUP"].includes(code);
}

/** A process that has just ended counts as one of the group until the kernel is done with it. */
export function removeGroup(directory: string): Promise<void> {
  const isPassing = (error: unknown) => (error as NodeJS.ErrnoException).code === "EBUSY";
  const remove = () =>
    rmdir(directory).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
    });
  const what = `the removal of the control group ${directory}`;
  return retry(remove, { what, deadlineMs: GROUP_MS, pauseMs: LOOK_EVERY_MS, isPassing });
}
