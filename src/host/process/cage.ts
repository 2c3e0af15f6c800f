/**
 * A cage: what one process has for itself besides the view of its sandbox. The sandboxer makes that view while the process
 * is put into its control groups. One that is held has its program begun once it is in them (bwrap(1), `--block-fd`): so all
 * that it does is bounded and counted there. Without views nothing waits, and it is put there as soon as it has been started.
 */
import type { ChildProcess, SpawnOptions } from "node:child_process";
import type { Duplex, Readable } from "node:stream";
import { within } from "../../base/deadline.ts";
import { reportedIn, type Sandbox, type Sandboxer, type Stdio, spawnSandboxed } from "./sandbox.ts";

export type Cage = {
  /** The uid that it runs as; null: this user's own. */
  readonly uid: number | null;
  /** The one group besides its own, by which it opens a file that it is lent; null: none. */
  readonly group: number | null;
  /** Puts a process with all that it has started into the control groups. One that is gone is passed over. */
  admit(pid: number): Promise<void>;
  /**
   * Ends what is left in it, and gives it back, once its process has ended. May be repeated. Errors: DeadlineExceeded,
   * something stays; the file system's.
   */
  clear(): Promise<void>;
};

/** How long the sandboxer may take to make its process, on a busy machine. */
const REPORT_MS = 10_000;

export type CagedOptions = Omit<SpawnOptions, "detached" | "stdio"> & {
  readonly stdio: readonly Stdio[];
  /** Whether nothing of the command is to begin before it is in its cage. That takes some 10 ms where the kernel is busy. */
  readonly isHeld: boolean;
};

export type Caged = {
  readonly child: ChildProcess;
  /** Settles when it is in its cage, or has ended. Errors: it could not be put there, and was killed. */
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
  { stdio, isHeld, ...options }: CagedOptions,
): Caged {
  const { uid, group } = cage;
  const hasView = sandboxer.bwrap !== null;
  const [reports, holds] = [stdio.length, stdio.length + 1];
  const asked = { ...(hasView ? { reports } : {}), ...(hasView && isHeld ? { holds } : {}) };
  const all = [...stdio, ...Object.keys(asked).map(() => "pipe")];
  const confined = { ...sandbox, uid, group, ...asked };
  const child = spawnSandboxed(sandboxer, confined, command, { ...options, detached: true }, all);
  // One that could not be started for want of descriptors has no pipes either.
  const pipes = (child.stdio ?? []) as unknown as readonly (Duplex | null | undefined)[];
  const admitted = hasView
    ? admitReported(cage, pipes[reports] ?? null, (isHeld ? pipes[holds] : null) ?? null)
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
async function admitReported(cage: Cage, report: Readable | null, hold: Duplex | null): Promise<void> {
  // One that has ended takes no word.
  hold?.on("error", () => {});
  try {
    const pid = report && (await within(REPORT_MS, "the making of a sandbox", reportedIn(report)));
    if (pid) await cage.admit(pid);
    if (hold !== null) await new Promise<void>((resolve) => hold.write("x", () => resolve()));
  } finally {
    report?.destroy();
    hold?.destroy();
  }
}

/** Kills the child with all of its process group. Of a group that is gone there is nothing left to be killed. */
export function endGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
