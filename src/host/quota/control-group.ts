/** Control groups of a cloud, of whatever controller: one for all of it, and below it one for each server (cgroups(7)). */
import { mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { DeadlineExceeded, within } from "../../base/deadline.ts";
import { retry } from "../../base/retry.ts";
import type { Controller, Hierarchy } from "./hierarchy.ts";

/** How long the kernel may take for a change of a group, and until a group is empty whose processes were killed. */
export const GROUP_MS = 5_000;
const LOOK_EVERY_MS = 5;

/**
 * Makes the cloud's group, where there is none. Answers whether it can be had: the controller may be in use otherwise, or
 * this user may not.
 */
export async function makeCloudGroup(
  { version, root }: Hierarchy,
  cloud: string,
  controller: Controller,
): Promise<boolean> {
  try {
    await mkdir(cloud, { recursive: true });
    if (version === 2) await handOn([root, cloud], controller);
    return true;
  } catch (error) {
    if (isRefusal(error)) return false;
    throw error;
  }
}

/** In v2 a group hands the controller on to those below it only when told to, and so does the root. */
async function handOn([root, cloud]: readonly [string, string], controller: Controller): Promise<void> {
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
function isRefusal(error: unknown): boolean {
  const { code = "" } = error as NodeJS.ErrnoException;
  return ["EACCES", "EPERM", "EROFS", "EBUSY", "ENOENT", "ENOTSUP"].includes(code);
}

/**
 * Puts the process with all its threads into the group. Errors: DeadlineExceeded; the kernel's.
 *
 * @param name the group's, as errors say it
 */
export async function enterGroup(directory: string, pid: number, name: string): Promise<void> {
  const entered = writeFile(join(directory, "cgroup.procs"), String(pid));
  await within(GROUP_MS, `process ${pid} on its way into ${name}`, entered);
}

/** The names of the groups below it. Errors: the file system's. */
export async function groupsIn(cloud: string): Promise<string[]> {
  const entries = await readdir(cloud, { withFileTypes: true });
  return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
}

/**
 * The processes in the group, those included whose main threads have ended while others run. A group that there is not has
 * none.
 */
export async function membersOf(directory: string): Promise<number[]> {
  const text = await readFile(join(directory, "cgroup.procs"), "latin1").catch(
    (error: NodeJS.ErrnoException) => {
      if (["ENOENT", "ENODEV", "ESRCH"].includes(error.code ?? "")) return "";
      throw error;
    },
  );
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map(Number);
}

/**
 * Kills all processes in the group, and waits until they are gone. Errors: DeadlineExceeded.
 *
 * @param name the group's, as errors say it
 */
export async function killGroup(directory: string, name: string): Promise<void> {
  const end = performance.now() + GROUP_MS;
  for (let killed = false; ; killed = true) {
    const members = await membersOf(directory);
    if (members.length === 0) return;
    if (performance.now() > end)
      throw new DeadlineExceeded(`the end of ${members.join(", ")} in ${name}`, GROUP_MS);
    if (killed) await delay(LOOK_EVERY_MS);
    for (const pid of members) kill(pid);
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
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
