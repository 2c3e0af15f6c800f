/**
 * Launching a server's QEMU: detached from the daemon, in a sandbox of its own, its secrets and its drives inherited as
 * descriptors; up to the point where it answers on QMP. Its vCPUs do not run yet (`-S`). On bridges a launcher becomes it.
 */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { FileHandle } from "node:fs/promises";
import { constants, open, writeFile } from "node:fs/promises";
import { constants as system } from "node:os";
import type { Readable } from "node:stream";
import { DeadlineExceeded, within, withinOr } from "../../base/deadline.ts";
import { failed, full, LodgeError, sentenceOf } from "../../base/errors.ts";
import { retry } from "../../base/retry.ts";
import { Outdated } from "../errors.ts";
import { LAUNCHED, type Launcher, type Order } from "../process/launcher.ts";
import { identify, type ProcessIdentity } from "../process/process.ts";
import { reportedIn, type Sandbox, type Sandboxer, spawnSandboxed, unlimited } from "../process/sandbox.ts";
import { hasFilter } from "../process/system-calls.ts";
import { unnamedFile } from "../process/unnamed-file.ts";
import { connectQmp, type Qmp, QmpError, type QmpEvent } from "../wire/qmp.ts";
import { firstComplaint } from "./complaint.ts";
import type { RunDirectory } from "./run-directory.ts";
import { Said } from "./said.ts";

/** Without a launcher standard error, and the sandboxer's report, come before what is inherited. */
const { report: REPORT } = LAUNCHED;
const FIRST_DESCRIPTOR = 4;
const TAKEN_FIRST = 500;
/** How long the sandboxer may take to make its process, on a busy machine. */
const REPORT_MS = 10_000;
/** How long QEMU may take until it answers. It reserves memory and opens drives by then, on a busy machine. */
const ANSWER_MS = 30_000;

/** How long a process that seems to have ended may take until it has. */
const ENDING_MS = 1_000;

/** A file that QEMU inherits open; it need not be able to open it itself. Bytes are in one without a name, to read alone. */
export type InheritedFile =
  | { readonly path: string; readonly readOnly: boolean }
  | { readonly bytes: Buffer };

export type Launch = {
  readonly directory: RunDirectory;
  readonly sandboxer: Sandboxer;
  readonly sandbox: Omit<Sandbox, "network" | "tied" | "reports" | "filter">;
  /** Becomes it, in a network of its own; null: it is in the machine's. */
  readonly launcher: Launcher | null;
  /** The names of the taps that it finds open, which a launcher alone opens. */
  readonly taps: readonly string[];
  /** The texts of secrets, and then the files, in the order of their descriptors (`descriptorOf`). */
  readonly secrets: readonly string[];
  readonly files: readonly InheritedFile[];
  readonly commandLine: readonly string[];
};

/** How a QEMU ended: `killed` from outside, as by the kernel for want of memory. */
type End = "by itself" | "killed";

/** A QEMU ended before it was known which process it is. What it said is whole once that process is closed. */
class EndedAtOnce extends Error {
  readonly said: Said;

  constructor(said: Said) {
    super("it ended at once");
    this.said = said;
  }
}

/** A QEMU was killed in the middle of its launch. */
class Killed extends Error {
  constructor(options?: ErrorOptions) {
    super("its QEMU was killed", options);
    this.name = "Killed";
  }
}

/** A QEMU that was launched. */
export type LaunchedProcess = {
  readonly identity: ProcessIdentity;
  /** Answers how when it has ended, and all that it said is there; while this daemon lives. */
  readonly ended: Promise<End>;
  readonly said: Said;
  /** Makes the texts of its secrets nothing, for those who hold their descriptors too: it has read them. */
  forgetSecrets(): Promise<void>;
};

/** The descriptor at which the launched QEMU will find the secret, or behind the secrets the file, at this position. */
export const descriptorOf = (launcher: Launcher | null, position: number): number =>
  (launcher === null ? FIRST_DESCRIPTOR : LAUNCHED.files) + position;

/**
 * Starts the process. Errors: the program or what confines it is not there; a file cannot be opened; the signal's, and
 * then there is none.
 */
export async function startProcess(launch: Launch, signal: AbortSignal): Promise<LaunchedProcess> {
  const { directory, sandbox } = launch;
  const secrets: FileHandle[] = [];
  const files: FileHandle[] = [];
  try {
    for (const text of launch.secrets) secrets.push(await unnamedFile(text, sandbox.uid));
    for (const file of launch.files) files.push(await openFile(file));
    signal.throwIfAborted();
    const inherited = [
      ...secrets.map(({ fd }) => ({ fd, readOnly: true })),
      ...files.map(({ fd }, index) => ({ fd, readOnly: isReadOnly(launch.files[index]) })),
    ];
    const child = start(launch, inherited);
    // A process that cannot be started has no pid; why is told by "error".
    if (child.pid === undefined) throw (await once(child, "error"))[0];
    const [, , stderr, report] = child.stdio as unknown as readonly Readable[];
    if (stderr === undefined || report === undefined) throw new Error("it came without pipes");
    const said = new Said(stderr, directory);
    const ended = once(child, "close").then(([code, signal]) => endOf(code, signal));
    release(child, stderr);
    const identity = await launchedIn(child, launch, report, said).catch(async (error: unknown) => {
      throw await causeOf(error, ended);
    });
    await beTakenFirst(identity);
    return { identity, ended, said, forgetSecrets: () => forget(secrets) };
  } catch (error) {
    await forget(secrets);
    throw error;
  } finally {
    // The locks on drives' files are QEMU's as soon as nobody else has them open (fcntl(2), open file description locks).
    await Promise.all(files.map((file) => file.close()));
  }
}

/** Starts it, or has its launcher become it. */
function start(
  { launcher, sandboxer, sandbox, taps, commandLine }: Launch,
  files: Order["files"],
): ChildProcess {
  const confined = { ...sandbox, network: null, tied: false, reports: REPORT };
  if (launcher === null) {
    const options = { cwd: "/", env: { PATH: process.env.PATH }, detached: true };
    const stdio = ["ignore", "ignore", "pipe", "pipe", ...files.map(({ fd }) => fd)];
    return spawnSandboxed(sandboxer, confined, commandLine, options, stdio);
  }
  const filter = hasFilter() ? { filter: LAUNCHED.filter } : {};
  const command = unlimited(sandboxer, { ...confined, ...filter }, commandLine);
  launcher.order({ command, taps, files, fileBytes: sandbox.fileBytes ?? null });
  return launcher.child;
}

/** A sandboxer ends with 128 and the number of the signal that killed what was in it. */
const endOf = (code: number | null, signal: NodeJS.Signals | null): End =>
  signal === "SIGKILL" || code === 128 + system.signals.SIGKILL ? "killed" : "by itself";

/** The error with which a launch failed, or that QEMU was killed: what went wrong followed from that. */
export async function causeOf(error: unknown, ended: Promise<End>): Promise<unknown> {
  if ([LodgeError, Outdated, QmpError, DeadlineExceeded].some((kind) => error instanceof kind)) return error;
  const end = await withinOr(ENDING_MS, ended, () => null);
  return end === "killed" ? new Killed({ cause: error }) : error;
}

const isReadOnly = (file: InheritedFile | undefined) =>
  file === undefined || "bytes" in file || file.readOnly;

async function openFile(file: InheritedFile): Promise<FileHandle> {
  if ("bytes" in file) return openBytes(file.bytes);
  try {
    return await open(file.path, isReadOnly(file) ? constants.O_RDONLY : constants.O_RDWR);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new Error(`the file of a drive cannot be opened (${code})`, { cause });
  }
}

/** QEMU has them to read alone: the file is not its user's, who could open it anew. */
async function openBytes(bytes: Buffer): Promise<FileHandle> {
  const written = await unnamedFile(bytes, null);
  try {
    return await open(`/proc/self/fd/${written.fd}`, constants.O_RDONLY);
  } finally {
    await written.close();
  }
}

/**
 * Where the machine's memory runs out, the kernel takes a guest and not the daemon, or what all guests need: its score counts
 * half of the memory more (proc(5), `oom_score_adj`). One that has ended meanwhile has none.
 */
async function beTakenFirst({ pid }: ProcessIdentity): Promise<void> {
  await writeFile(`/proc/${pid}/oom_score_adj`, String(TAKEN_FIRST)).catch((error) => {
    if (!["ENOENT", "ESRCH"].includes(error.code)) throw error;
  });
}

/** The daemon does not run for it. */
function release(child: ChildProcess, stderr: Readable): void {
  child.unref();
  (stderr as Readable & { unref?(): void }).unref?.();
}

/** Who QEMU is: the sandboxer's process, or without a view the one that was started, once it has all that it inherits. */
async function launchedIn(
  child: ChildProcess,
  { launcher, sandboxer: { bwrap } }: Launch,
  report: Readable,
  said: Said,
): Promise<ProcessIdentity> {
  try {
    await launcher?.ready;
    // Without a sandboxer a launcher ends the report when all is inherited, and else there is none.
    const isReported = bwrap !== null || launcher !== null;
    const inside = isReported
      ? await within(REPORT_MS, "the making of its sandbox", reportedIn(report))
      : null;
    const pid = bwrap === null ? child.pid : inside;
    const identity = pid === undefined || pid === null ? null : await identify(pid);
    if (identity === null) throw new EndedAtOnce(said);
    return identity;
  } catch (error) {
    // It is the first of a process group, in which its own child is too.
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
    throw error;
  } finally {
    report.destroy();
  }
}

async function forget(secrets: FileHandle[]): Promise<void> {
  for (const file of secrets.splice(0)) {
    await file.truncate(0).catch(() => {});
    await file.close();
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
  ended: Promise<unknown>,
  signal: AbortSignal,
  onEvent: (event: QmpEvent) => void,
): Promise<Qmp> {
  let over = false;
  void ended.then(() => {
    over = true;
  });
  const peer = `server ${uuid}`;
  return retry((leftMs) => connectQmp(sockets.qmp, { onEvent, deadlineMs: leftMs, peer }), {
    ...{ what: `the launch of ${peer}, until its QEMU answered`, deadlineMs: ANSWER_MS, pauseMs: 1, signal },
    isPassing: () => !over,
  });
}

/** What QEMU's complaints begin with where the storage daemon was lost through which a shared drive is reached. */
const LOST_STORAGE = [
  "Failed to connect to '",
  "Failed to read initial magic",
  "Failed to read data",
  "Failed to read option",
  "Requested export not available",
  "Server closed the connection",
];

/**
 * The error for a launch that did not come about. What QEMU said, where it said something, is its cause, which the log
 * has: it may name files and sockets of the machine.
 *
 * @param said what its QEMU wrote to standard error
 */
export function launchError(uuid: string, said: string, cause: unknown): LodgeError | Outdated {
  if (cause instanceof LodgeError || cause instanceof Outdated) return cause;
  const complaint = firstComplaint(cause instanceof EndedAtOnce ? cause.said.text() : said);
  const reason = complaint ?? sentenceOf(cause);
  const options = { cause: complaint === null ? cause : new Error(`QEMU: ${complaint}`, { cause }) };
  const sentence = `server ${uuid} could not be started`;
  if (/No space left on device/.test(reason))
    return full("disk_full", `${sentence}: the disk of its host is full`, options);
  if (cause instanceof Killed || LOST_STORAGE.some((words) => complaint?.startsWith(words)))
    return failed(
      "host_interrupted",
      `${sentence}: a process that it needs has ended; start it again`,
      options,
    );
  if (/Cannot allocate memory/.test(reason))
    return full("no_memory_left", `${sentence}: its host has no memory left`, options);
  return failed("launch_failed", `${sentence} on its host`, options);
}
