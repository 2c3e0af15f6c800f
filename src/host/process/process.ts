/**
 * Processes that outlive the daemon: how they are started without privileges, told apart from a later process with
 * the same number, and ended.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";

/** A process beyond doubt: its number, and when it was started (clock ticks since boot; proc(5), field 22). */
export type ProcessIdentity = { readonly pid: number; readonly startTicks: number };

/**
 * How a process is held: another uid (null: this user's own), a network namespace (null: the machine's), and under
 * another uid at most one group besides its own.
 */
export type Confinement = {
  readonly uid: number | null;
  readonly netns: string | null;
  readonly group?: number | null;
};

/** The command that runs `command` confined. Capabilities, groups and the way back to privileges are dropped. */
export function confine({ uid, netns, group }: Confinement, command: readonly string[]): string[] {
  const enter = netns === null ? [] : ["nsenter", `--net=/run/netns/${netns}`, "--"];
  const drop =
    uid === null
      ? []
      : [
          "setpriv",
          `--reuid=${uid}`,
          `--regid=${uid}`,
          group === undefined || group === null ? "--clear-groups" : `--groups=${group}`,
          "--no-new-privs",
          "--inh-caps=-all",
          "--",
        ];
  return [...enter, ...drop, ...command];
}

/** Who the process `pid` is now, or null when there is none (a zombie is none). */
export async function identify(pid: number): Promise<ProcessIdentity | null> {
  const stat = await readFile(`/proc/${pid}/stat`, "latin1").catch(() => null);
  if (stat === null) return null;
  // The name in parentheses may hold anything; the fields after the last one are numbers but for the state.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" ? null : { pid, startTicks: Number(fields[19]) };
}

/** Whether that very process still runs. */
export async function isRunning(identity: ProcessIdentity): Promise<boolean> {
  return (await identify(identity.pid))?.startTicks === identity.startTicks;
}

/**
 * Sends `signal` and waits until the process is gone, for `timeoutMs` at most; then SIGKILL. Does nothing when it is
 * gone already. It need not be a child of ours, so its end is looked for, not awaited.
 */
export async function endProcess(
  identity: ProcessIdentity,
  signal: "SIGTERM" | "SIGKILL" = "SIGKILL",
  timeoutMs = 5_000,
): Promise<void> {
  if (!(await isRunning(identity))) return;
  send(identity.pid, signal);
  const deadline = performance.now() + timeoutMs;
  while (await isRunning(identity)) {
    if (performance.now() > deadline) send(identity.pid, "SIGKILL");
    await delay(5);
  }
}

/** It may have ended by itself a moment ago (ESRCH): that is what was wanted. */
function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/**
 * Runs a command to its end and answers its standard output. Errors: a non-zero exit, with what it wrote to standard
 * error. Words are passed as they are; no shell sees them.
 */
export async function run(command: readonly string[], input = "", cwd?: string): Promise<string> {
  const [program = "", ...words] = command;
  const child = spawn(program, words, {
    stdio: ["pipe", "pipe", "pipe"],
    ...(cwd === undefined ? {} : { cwd }),
  });
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
  });
  // A child that ends without reading its input is judged by its exit, not by the broken pipe.
  child.stdin.on("error", () => child.stdin.destroy());
  child.stdin.end(input);
  const [code, signal] = (await once(child, "close")) as [number | null, string | null];
  if (code !== 0) {
    throw new Error(
      `${program} ${words.join(" ")} ended with ${code ?? signal}: ${err.trim().slice(0, 2000)}`,
    );
  }
  return out;
}
