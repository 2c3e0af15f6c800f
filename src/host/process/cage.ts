/**
 * A cage: what one process has for itself besides the view of its sandbox. The sandboxer makes that view while the process
 * is put into its control groups, and does not begin the program before it is in them (bwrap(1), `--block-fd`): so all that
 * it does is bounded and counted there. Without views nothing waits, and it is put there as soon as it has been started.
 */
import type { ChildProcess, SpawnOptions } from "node:child_process";
import type { Duplex, Readable } from "node:stream";
import { within } from "../../base/deadline.ts";
import { processIn, type Sandbox, type Sandboxer, type Stdio, spawnSandboxed } from "./sandbox.ts";

export type Cage = {
  /** The uid that it runs as; null: this user's own. */
  readonly uid: number | null;
  /** The one group besides its own, by which it opens a file that it is lent; null: none. */
  readonly group: number | null;
  /** Puts a process with all that it will start into the control groups. One that is gone is passed over. */
  admit(pid: number): Promise<void>;
  /**
   * Ends what is left in it, and gives it back, once its process has ended. May be repeated. Errors: DeadlineExceeded,
   * something stays; the file system's.
   */
  clear(): Promise<void>;
};

/** How long the sandboxer may take to make its process, on a busy machine. */
const REPORT_MS = 10_000;

export type Caged = {
  readonly child: ChildProcess;
  /** Settles when it is in its cage and has begun, or has ended. Errors: it could not be put there, and was killed. */
  readonly admitted: Promise<void>;
};

/**
 * Starts the command in the cage, as `spawnSandboxed` does. In a process group of its own: a sandboxer that is killed on its
 * way leaves a child that waits for it for good. Errors: ProgramMissing.
 */
export function spawnCaged(
  cage: Cage,
  sandboxer: Sandboxer,
  sandbox: Omit<Sandbox, "uid" | "group" | "reports" | "holds">,
  command: readonly string[],
  { stdio, ...options }: Omit<SpawnOptions, "detached" | "stdio"> & { stdio: readonly Stdio[] },
): Caged {
  const { uid, group } = cage;
  const [reports, holds] = [stdio.length, stdio.length + 1];
  const hasView = sandboxer.bwrap !== null;
  const confined = hasView ? { ...sandbox, uid, group, reports, holds } : { ...sandbox, uid, group };
  const all = hasView ? [...stdio, "pipe", "pipe"] : stdio;
  const child = spawnSandboxed(sandboxer, confined, command, { ...options, detached: true }, all);
  const pipes = child.stdio as unknown as readonly (Duplex | undefined)[];
  const admitted = hasView
    ? admitHeld(cage, pipes[reports], pipes[holds])
    : child.pid === undefined
      ? Promise.resolve()
      : cage.admit(child.pid);
  const orKilled = admitted.catch((error: unknown) => {
    endGroup(child);
    throw error;
  });
  return { child, admitted: orKilled };
}

/** Without pipes nothing was started: why is told by the child's "error". */
async function admitHeld(cage: Cage, report: Readable | undefined, hold: Duplex | undefined): Promise<void> {
  if (report === undefined || hold === undefined) return;
  // One that has ended takes no word.
  hold.on("error", () => {});
  try {
    const pid = await within(REPORT_MS, "the making of a sandbox", reportedBy(report));
    if (pid !== null) await cage.admit(pid);
    await new Promise<void>((resolve) => hold.write("x", () => resolve()));
  } finally {
    report.destroy();
    hold.destroy();
  }
}

/** Null of a sandboxer that ended before it had made its process. */
async function reportedBy(report: Readable): Promise<number | null> {
  let text = "";
  for await (const bytes of report) {
    text += bytes;
    const pid = processIn(text);
    if (pid !== null) return pid;
  }
  return null;
}

/** Kills the child with all of its process group. Of a group that is gone there is nothing left to be killed. */
export function endGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
