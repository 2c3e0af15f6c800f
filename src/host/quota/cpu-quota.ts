/**
 * A server's CPU quota in core MHz (spec: cpu), as a bandwidth limit on a control group of its own: live, and a limit, not
 * a share. Groups of a cloud stand under one of the cloud's.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { within } from "../../base/deadline.ts";
import {
  enterGroup,
  GROUP_MS,
  groupsIn,
  killGroup,
  makeCloudGroup,
  membersOf,
  removeGroup,
} from "./control-group.ts";
import { bandwidth, findHierarchy, limitFiles } from "./hierarchy.ts";

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

/** The machine's CPU quotas, or null where there are none to be had: no controller, or no right to use it. */
export async function openCpuQuota({ group, coreMhz }: CpuQuotaOptions): Promise<CpuQuota | null> {
  const hierarchy = await findHierarchy();
  if (hierarchy === null) return null;
  const cloud = join(hierarchy.root, group);
  return (await makeCloudGroup(hierarchy, cloud, "cpu"))
    ? new GroupQuota(hierarchy.version, cloud, coreMhz)
    : null;
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
    await enterGroup(join(this.#cloud, server), pid, `the control group of ${server}`);
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

  servers(): Promise<string[]> {
    return groupsIn(this.#cloud);
  }

  kill(server: string): Promise<void> {
    return killGroup(join(this.#cloud, server), `the control group of ${server}`);
  }

  remove(server: string): Promise<void> {
    return removeGroup(join(this.#cloud, server));
  }

  async close(): Promise<void> {
    if ((await this.servers()).length === 0) await removeGroup(this.#cloud);
  }
}
