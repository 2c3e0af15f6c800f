/**
 * A server's CPU quota in core MHz (spec: cpu), as a bandwidth limit on a control group of its own: live, and a limit, not
 * a share. Groups of a cloud stand under one of the cloud's.
 */
import { mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { bandwidth, findHierarchy, type Hierarchy, limitFiles } from "./hierarchy.ts";

export type CpuQuota = {
  /**
   * Puts a process with all its threads into the server's group, which is made when there is none. The kernel takes some
   * 10 ms for it, in which the process can make no threads. Does nothing when it is there already.
   */
  enter(server: string, pid: number): Promise<void>;
  /** Sets or changes the limit of a server's group: at once. */
  limit(server: string, cpuMhz: number): Promise<void>;
  /** Removes the server's group, once its process is gone; does nothing when there is none. */
  remove(server: string): Promise<void>;
  /** Removes the cloud's group unless a server still has one in it. */
  close(): Promise<void>;
};

export type CpuQuotaOptions = {
  /** The name of the cloud's group. */
  readonly group: string;
  readonly coreMhz: number;
};

/** The machine's CPU quotas, or null where there are none to be had: no controller, or no right to use it. */
export async function openCpuQuota({ group, coreMhz }: CpuQuotaOptions): Promise<CpuQuota | null> {
  const hierarchy = await findHierarchy();
  if (hierarchy === null) return null;
  const cloud = join(hierarchy.root, group);
  try {
    await makeCloudGroup(hierarchy, cloud);
  } catch (error) {
    if (isRefusal(error)) return null;
    throw error;
  }

  return {
    async enter(server, pid) {
      await mkdir(join(cloud, server), { recursive: true });
      const members = join(cloud, server, "cgroup.procs");
      const present = (await readFile(members, "latin1")).split("\n");
      if (!present.includes(String(pid))) await writeFile(members, String(pid));
    },
    async limit(server, cpuMhz) {
      for (const [file, text] of limitFiles(hierarchy.version, bandwidth(cpuMhz, coreMhz))) {
        await writeFile(join(cloud, server, file), text);
      }
    },
    remove: (server) => removeGroup(join(cloud, server)),
    async close() {
      const entries = await readdir(cloud, { withFileTypes: true });
      if (!entries.some((entry) => entry.isDirectory())) await removeGroup(cloud);
    },
  };
}

/** In v2 a group hands the controller on to those below it only when told to, and so does the root. */
async function makeCloudGroup({ version, root }: Hierarchy, cloud: string): Promise<void> {
  await mkdir(cloud, { recursive: true });
  if (version === 1) return;
  try {
    for (const directory of [root, cloud]) await writeFile(join(directory, "cgroup.subtree_control"), "+cpu");
  } catch (error) {
    await rmdir(cloud);
    throw error;
  }
}

/** EBUSY: the root is a container's, which has processes of its own in it and so may hand nothing on. */
function isRefusal(error: unknown): boolean {
  const { code = "" } = error as NodeJS.ErrnoException;
  return ["EACCES", "EPERM", "EROFS", "EBUSY", "ENOENT", "ENOTSUP"].includes(code);
}

/** A process that has just ended counts as one of the group until the kernel is done with it. */
async function removeGroup(directory: string, timeoutMs = 5_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      await rmdir(directory);
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT") return;
      if (code !== "EBUSY" || performance.now() > deadline) throw error;
      await delay(5);
    }
  }
}
