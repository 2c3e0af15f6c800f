/**
 * Processes: how they are started without privileges, told apart from a later process with the same number, and ended,
 * or run to their end. Everything that waits for one has a deadline.
 */
import { readdir, readFile } from "node:fs/promises";
import { StringDecoder } from "node:string_decoder";
import { setTimeout as delay } from "node:timers/promises";
import { DeadlineExceeded, within, withinOr } from "../../base/deadline.ts";
import { type Forked, fork } from "./fork-server.ts";
import { programPath } from "./programs.ts";

/** How long a process may take to end once it was killed, until that is an error. */
const KILLED_MS = 10_000;
const LOOK_EVERY_MS = 5;
/** How long a command may take, on a busy machine, and how much it may write. */
const RUN_MS = 30_000;
const OUTPUT_BYTES = 64 * 1024 * 1024;
/** How long the end of a command is waited for that was killed, before the error is thrown. */
const ABANDONED_MS = 1_000;
/** What an error repeats of a command's words, and of what it wrote to standard error. */
const SAID_CHARACTERS = 2000;

/** Of all clock ticks: sysconf(_SC_CLK_TCK), which is this on all of Linux. */
export const TICKS_PER_SECOND = 100;

/** A process beyond doubt: its number, and when it was started (clock ticks since boot; proc(5), field 22). */
export type ProcessIdentity = { readonly pid: number; readonly startTicks: number };

/**
 * How a process is confined: another uid (null: this user's own), a network namespace (null: the machine's), and under
 * another uid at most one group besides its own.
 */
export type Confinement = {
  readonly uid: number | null;
  readonly netns: string | null;
  readonly group?: number | null;
};

/**
 * The command that runs `command` confined. Capabilities, groups and the way back to privileges are dropped. Errors:
 * ProgramMissing.
 */
export function confine({ uid, netns, group }: Confinement, command: readonly string[]): string[] {
  const enter = netns === null ? [] : [programPath("nsenter"), `--net=/run/netns/${netns}`, "--"];
  const drop =
    uid === null
      ? []
      : [
          programPath("setpriv"),
          `--reuid=${uid}`,
          `--regid=${uid}`,
          group === undefined || group === null ? "--clear-groups" : `--groups=${group}`,
          "--no-new-privs",
          "--inh-caps=-all",
          "--bounding-set=-all",
          "--",
        ];
  const [program = "", ...words] = command;
  return [...enter, ...drop, programPath(program), ...words];
}

/**
 * Who the process `pid` is now, or null when none of its threads runs any more. A process whose main thread has ended
 * shows as a zombie for as long as others of its threads run, and those may do anything still.
 */
export async function identify(pid: number): Promise<ProcessIdentity | null> {
  const main = await threadStat(`/proc/${pid}`);
  if (main === null) return null;
  const lives = main.runs || (await runningThreads(pid)).length > 0;
  return lives ? { pid, startTicks: main.startTicks } : null;
}

/** The process that started it, or that took it over since; null when there is no such process. */
export async function parentOf(pid: number): Promise<number | null> {
  return (await threadStat(`/proc/${pid}`))?.parent ?? null;
}

/** The time of a processor that its threads took, in clock ticks (proc(5), fields 14 and 15); null when there is no such process. */
export async function ticksTaken(pid: number): Promise<number | null> {
  return (await threadStat(`/proc/${pid}`))?.tookTicks ?? null;
}

/** What a process has taken: time of a processor, in clock ticks, and memory that is the machine's now. */
export type ProcessUse = { readonly tookTicks: number; readonly residentBytes: number };

/** What that very process has taken (proc(5): `stat`, and `VmRSS` of `status`); null when it is gone. */
export async function useOf({ pid, startTicks }: ProcessIdentity): Promise<ProcessUse | null> {
  const status = await readFile(`/proc/${pid}/status`, "latin1").catch(unlessShort);
  const main = await threadStat(`/proc/${pid}`);
  const resident = /^VmRSS:\s+(\d+) kB$/m.exec(status ?? "")?.[1];
  if (resident === undefined || main?.startTicks !== startTicks) return null;
  return { tookTicks: main.tookTicks, residentBytes: Number(resident) * 1024 };
}

/** The threads of the process that run (proc(5), `task`); none of a process that has ended. */
export async function runningThreads(pid: number): Promise<number[]> {
  const threads = (await readdir(`/proc/${pid}/task`).catch(unlessShort)) ?? [];
  const stats = await Promise.all(threads.map((thread) => threadStat(`/proc/${pid}/task/${thread}`)));
  return threads.filter((_, index) => stats[index]?.runs === true).map(Number);
}

type ThreadStat = {
  readonly runs: boolean;
  readonly parent: number;
  readonly tookTicks: number;
  readonly startTicks: number;
};

/** Null when there is no such thread. */
async function threadStat(folder: string): Promise<ThreadStat | null> {
  const stat = await readFile(`${folder}/stat`, "latin1").catch(unlessShort);
  if (stat === null) return null;
  // The name in parentheses may hold anything; the fields after the last one are numbers but for the state.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state = ""] = fields;
  const ofField = (number: number) => Number(fields[number - 3]);
  return {
    ...{ runs: !"ZX".includes(state), parent: ofField(4) },
    ...{ tookTicks: ofField(14) + ofField(15), startTicks: ofField(22) },
  };
}

/**
 * Null where a file of proc(5) cannot be read since there is no such process, or it is hidden. Errors: one that comes of
 * what this process or the machine is short of, which says nothing about the other one.
 */
export function unlessShort(error: NodeJS.ErrnoException): null {
  if (["EMFILE", "ENFILE", "ENOMEM"].includes(error.code ?? "")) throw error;
  return null;
}

/** Whether that very process still runs. Errors: that cannot be seen, for want of descriptors or memory. */
export async function isRunning(identity: ProcessIdentity): Promise<boolean> {
  return (await identify(identity.pid))?.startTicks === identity.startTicks;
}

/**
 * Sends `signal` and waits until the process is gone, for `timeoutMs` at most; then sends SIGKILL and waits for
 * `killedMs` more. Does nothing when it is gone already. It need not be a child of ours, so its end is looked for, not
 * awaited. Errors: DeadlineExceeded, it is still there (the kernel is busy for it); EPERM, it is not ours to end.
 */
export async function endProcess(
  identity: ProcessIdentity,
  signal: "SIGTERM" | "SIGKILL" = "SIGKILL",
  timeoutMs = 5_000,
  killedMs = KILLED_MS,
): Promise<void> {
  if (signal !== "SIGKILL" && (await isEnded(identity, signal, timeoutMs))) return;
  if (await isEnded(identity, "SIGKILL", killedMs)) return;
  const name = await readFile(`/proc/${identity.pid}/comm`, "utf8").catch(() => "");
  throw new DeadlineExceeded(`the end of process ${identity.pid} (${name.trim()}) after SIGKILL`, killedMs);
}

/** Sends the signal, and answers whether the process is gone before the time is over. */
async function isEnded(
  identity: ProcessIdentity,
  signal: NodeJS.Signals,
  withinMs: number,
): Promise<boolean> {
  if (!(await isRunning(identity))) return true;
  send(identity.pid, signal);
  const deadline = performance.now() + withinMs;
  while (await isRunning(identity)) {
    if (performance.now() > deadline) return false;
    await delay(LOOK_EVERY_MS);
  }
  return true;
}

/** It may have ended by itself a moment ago (ESRCH): that is what was wanted. */
function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

export type RunOptions = {
  /** The working directory; absent: our own. */
  readonly cwd?: string;
  /** Its environment; absent: our own. */
  readonly env?: NodeJS.ProcessEnv;
  /** How long the program may take. */
  readonly deadlineMs?: number;
  /** How much it may write to standard output. */
  readonly outputBytes?: number;
};

/**
 * Runs a command to its end and answers its standard output. Words are passed as they are; no shell sees them.
 *
 * Errors, of which each names the program and its words: a non-zero exit, with what it wrote to standard error;
 * DeadlineExceeded, it was killed since it took longer than it may; it was killed since it wrote more than it may; it
 * could not be started.
 */
export async function run(command: readonly string[], input = "", options: RunOptions = {}): Promise<string> {
  const { cwd = null, env = process.env, deadlineMs = RUN_MS, outputBytes = OUTPUT_BYTES } = options;
  const [program = "", ...words] = command;
  const said = command.join(" ").slice(0, SAID_CHARACTERS);
  const out: Buffer[] = [];
  let [length, err] = [0, ""];
  const tooLong = Promise.withResolvers<never>();
  const decoder = new StringDecoder();
  // In a process group of its own, which is killed whole: what it started itself may hold its output open.
  const forked = await fork({
    ...{ command: [programPath(program), ...words], folder: cwd, environment: env, input },
    onOutput(bytes) {
      length += bytes.length;
      if (length <= outputBytes) out.push(bytes);
      else tooLong.reject(new Error(`${said} wrote more than ${outputBytes} bytes`));
    },
    onError(bytes) {
      err = (err + decoder.write(bytes)).slice(0, SAID_CHARACTERS);
    },
  });
  const ended = within(deadlineMs, said, Promise.race([forked.ended, tooLong.promise]));
  const { code, signal } = await ended.catch(async (error: unknown) => {
    await abandon(forked);
    throw error;
  });
  if (code !== 0) throw new Error(`${said} ended with ${code ?? signal}: ${err.trim()}`);
  return Buffer.concat(out).toString();
}

/**
 * Kills it with all that it started. One that does not end even so is no longer waited for, and its own error is passed
 * over: the caller gets the one for which it was killed.
 */
async function abandon({ kill, ended }: Forked): Promise<void> {
  kill();
  await withinOr<unknown>(ABANDONED_MS, ended, () => null).catch(() => {});
}
