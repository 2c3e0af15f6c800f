/** What tests leave behind: processes, files, and what Lodge names outside of its home. None of it may be. */
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";

/** Processes that were told to end may take this long. */
const GRACE_MS = 10_000;

const LOOK_AGAIN_MS = 50;

type Process = { readonly pid: number; readonly command: string };

/**
 * One line for each thing left: processes (all but this one and the first in a machine of one's own, else those with
 * the mark in their environment), what is in the temporary folder, and what Lodge left in `/run`.
 */
export async function leftovers(
  of: { secluded: boolean; marker: string; temporary: string },
  graceMs = GRACE_MS,
): Promise<string[]> {
  const isOurs = of.secluded ? () => true : hasMark(of.marker);
  let processes = await runningProcesses(isOurs);
  for (const deadline = Date.now() + graceMs; processes.length > 0 && Date.now() < deadline; ) {
    await delay(LOOK_AGAIN_MS);
    processes = await runningProcesses(isOurs);
  }
  const files = await readdir(of.temporary);
  // Without a /run of one's own, what is in it may be another's.
  const [run, namespaces] = of.secluded ? [await named("/run"), await named("/run/netns")] : [[], []];
  return [
    ...processes.map(({ pid, command }) => `process ${pid}: ${command}`),
    ...files.map((file) => `${of.temporary}/${file}`),
    ...run.map((name) => `/run/${name}`),
    ...namespaces.map((name) => `network namespace ${name}`),
  ];
}

/** Ends every process that has the mark in its environment. */
export async function endMarked(marker: string): Promise<void> {
  for (const { pid } of await runningProcesses(hasMark(marker))) process.kill(pid, "SIGKILL");
}

async function named(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => name.startsWith("lodge-"));
}

const hasMark = (marker: string) => async (pid: number) =>
  (await read(pid, "environ")).split("\0").includes(marker);

async function runningProcesses(isOurs: (pid: number) => boolean | Promise<boolean>): Promise<Process[]> {
  const running: Process[] = [];
  for (const name of await readdir("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid || pid === 1) continue;
    // A process that has ended, or is the kernel's, has no command.
    const command = (await read(pid, "cmdline")).replaceAll("\0", " ").trim().slice(0, 300);
    if (command !== "" && (await isOurs(pid))) running.push({ pid, command });
  }
  return running;
}

/** A file of a process; empty when it is gone or another's. */
async function read(pid: number, file: "environ" | "cmdline"): Promise<string> {
  return await readFile(`/proc/${pid}/${file}`, "utf8").catch(() => "");
}
