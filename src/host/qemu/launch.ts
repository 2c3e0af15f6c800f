/**
 * Launching a server's QEMU: detached from the daemon, confined to the cloud's uid and network namespace, its secrets
 * inherited as descriptors; up to the point where it answers on QMP. Its vCPUs do not run yet (`-S`).
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { FileHandle } from "node:fs/promises";
import { readFile } from "node:fs/promises";
import { failed, full, LodgeError } from "../../base/errors.ts";
import { retry } from "../../base/retry.ts";
import { Outdated } from "../errors.ts";
import { type Confinement, confine, identify, type ProcessIdentity } from "../process/process.ts";
import { unnamedFile } from "../process/unnamed-file.ts";
import { connectQmp, type Qmp, type QmpEvent } from "../wire/qmp.ts";
import { firstComplaint } from "./complaint.ts";
import { openLog, type RunDirectory } from "./run-directory.ts";

/** The descriptor of the first secret: those before it are the standard ones. */
const FIRST_DESCRIPTOR = 3;
/** How long QEMU may take until it answers. It reserves memory and opens drives by then, on a busy machine. */
const ANSWER_MS = 30_000;

export type Launch = {
  readonly directory: RunDirectory;
  readonly confinement: Confinement;
  /** The working directory: drives' files are named relatively to it. */
  readonly home: string;
  /** The texts of secrets, in the order of their descriptors (`descriptorOf`). */
  readonly secrets: readonly string[];
  readonly commandLine: readonly string[];
};

/** A QEMU that was launched; `ended` settles when it ends, while this daemon lives. */
export type LaunchedProcess = { readonly identity: ProcessIdentity; readonly ended: Promise<void> };

/** The descriptor at which the launched QEMU will find the secret at this position. */
export const descriptorOf = (position: number) => FIRST_DESCRIPTOR + position;

/** Starts the process. Errors: the program or what confines it is not there; the signal's, and then there is none. */
export async function startProcess(launch: Launch, signal: AbortSignal): Promise<LaunchedProcess> {
  const { directory, confinement, home, secrets, commandLine } = launch;
  const inherited: FileHandle[] = [];
  try {
    const log = await openLog(directory);
    inherited.push(log);
    inherited.push(...(await Promise.all(secrets.map((text) => unnamedFile(text, confinement.uid)))));
    const [command = "", ...words] = confine(confinement, commandLine);
    signal.throwIfAborted();
    const child = spawn(command, words, {
      cwd: home,
      detached: true,
      stdio: ["ignore", ...[log, ...inherited].map(({ fd }) => fd)],
    });
    // A process that cannot be started has no pid; why is told by "error".
    if (child.pid === undefined) throw (await once(child, "error"))[0];
    child.unref();
    const ended = once(child, "exit").then(() => {});
    const identity = await identify(child.pid);
    if (identity === null) throw new Error("it ended at once");
    return { identity, ended };
  } finally {
    await Promise.all(inherited.map((file) => file.close()));
  }
}

/**
 * Connects to QMP as soon as QEMU listens there. There is no event for that which comes before a refused attempt, and an
 * attempt is cheap.
 *
 * @param signal gives it up
 *
 * Errors: the process ended; DeadlineExceeded; the signal's.
 */
export async function awaitQmp(
  uuid: string,
  { sockets }: RunDirectory,
  ended: Promise<void>,
  signal: AbortSignal,
  onEvent: (event: QmpEvent) => void,
): Promise<Qmp> {
  let over = false;
  void ended.then(() => {
    over = true;
  });
  const peer = `server ${uuid}`;
  return retry((leftMs) => connectQmp(sockets.qmp, onEvent, leftMs, peer), {
    ...{ what: `the launch of ${peer}, until its QEMU answered`, deadlineMs: ANSWER_MS, pauseMs: 1, signal },
    isPassing: () => !over,
  });
}

/**
 * The error for a launch that did not come about. What QEMU said, where it said something, is its cause, which the log
 * has: it may name files and sockets of the machine. Must be asked before the run directory is removed.
 */
export async function launchError(
  uuid: string,
  directory: RunDirectory,
  cause: unknown,
): Promise<LodgeError | Outdated> {
  if (cause instanceof LodgeError || cause instanceof Outdated) return cause;
  const said = firstComplaint(await readFile(directory.log, "utf8").catch(() => ""));
  const reason = said ?? (cause instanceof Error ? cause.message : String(cause));
  const options = { cause: said === null ? cause : new Error(`QEMU: ${said}`, { cause }) };
  const sentence = `server ${uuid} could not be started`;
  if (/No space left on device/.test(reason))
    return full("disk_full", `${sentence}: the disk of its host is full`, options);
  if (/Cannot allocate memory/.test(reason))
    return full("no_memory_left", `${sentence}: its host has no memory left`, options);
  return failed("launch_failed", `${sentence} on its host`, options);
}
