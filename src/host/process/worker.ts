/**
 * Processes that do one piece of work for the daemon: in a sandbox without a network, and never without it. When the
 * daemon is gone, however that came about, the kernel ends them (prctl(2), PR_SET_PDEATHSIG).
 */
import type { ChildProcess } from "node:child_process";
import type { Socket } from "node:net";
import { constants } from "node:os";
import { allSettled } from "../../base/settled.ts";
import { type Cage, endGroup, spawnCaged } from "./cage.ts";
import { programPath } from "./programs.ts";
import type { Sandboxer, View } from "./sandbox.ts";

/** The status of what a signal ended, besides the signal's number, as a shell has it (bash(1), EXIT STATUS). */
const BY_SIGNAL = 128;
/** What it said last on standard error is kept up to this. */
const SAID_CHARACTERS = 2000;

/** It was ended from outside before its work was done. */
class WorkerLost extends Error {
  constructor(program: string, signal: string | null) {
    super(`${program} was ended by ${signal ?? "nobody knows what"}`);
    this.name = "WorkerLost";
  }
}

/** It gave up, for a reason of its own. */
class WorkerFailed extends Error {
  constructor(program: string, said: string) {
    super(`${program}: ${said}`);
    this.name = "WorkerFailed";
  }
}

export type WorkerOptions = {
  /** Whoever opened it clears it. */
  readonly cage: Cage;
  readonly sandboxer: Sandboxer;
  readonly view: View;
  /** The end of the longest file that it may write. */
  readonly fileBytes?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Descriptors that it finds from number 3 on; the caller closes them once this has answered. */
  readonly inherited?: readonly (number | Socket)[];
  /** Ends it. */
  readonly signal: AbortSignal;
};

/** A worker with its standard input and output as pipes. */
export type Worker = {
  readonly child: ChildProcess & {
    stdin: NonNullable<ChildProcess["stdin"]>;
    stdout: NonNullable<ChildProcess["stdout"]>;
  };
  /** Settles when it has ended and done its work. Errors: WorkerLost, WorkerFailed; it is not there; its cage's. */
  readonly done: Promise<void>;
  /** Kills it, and who watches over it. */
  end(): void;
};

/** What ended it, by the status with which the sandboxer passes that on. */
function signalOf(code: number | null): string | null {
  const number = (code ?? 0) - BY_SIGNAL;
  return Object.entries(constants.signals).find(([, each]) => each === number)?.[0] ?? null;
}

/** Starts it. Whoever starts it waits for `done`. Errors: ProgramMissing. */
export function startWorker(command: readonly string[], options: WorkerOptions): Worker {
  const { cage, sandboxer, view, fileBytes, env = {}, inherited = [], signal } = options;
  const [program = "", ...rest] = command;
  const limits = fileBytes === undefined ? {} : { fileBytes };
  const sandbox = {
    ...{ network: "none" as const, tied: true, view, ...limits },
    environment: { LC_ALL: "C", ...env },
  };
  const { child, admitted } = spawnCaged(cage, sandboxer, sandbox, [programPath(program), ...rest], {
    ...{ cwd: view.cwd ?? "/", env: { PATH: process.env.PATH, ...sandbox.environment } },
    ...{ signal, killSignal: "SIGKILL", isHeld: true, stdio: ["pipe", "pipe", "pipe", ...inherited] },
  });
  const { stdin, stdout, stderr } = child;
  if (stdin === null || stdout === null || stderr === null) throw new Error(`${program} came without pipes`);
  let said = "";
  stderr.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-SAID_CHARACTERS);
  });
  let isOver = false;
  const end = () => {
    if (!isOver) endGroup(child);
  };
  child.once("close", () => {
    isOver = true;
    signal.removeEventListener("abort", end);
  });
  if (signal.aborted) end();
  else signal.addEventListener("abort", end, { once: true });
  // How it ends says how it fared; that it takes no more input shows there.
  stdin.on("error", () => stdin.destroy());
  const ended = new Promise<void>((resolve, reject) => {
    // An abort is reported at once, while the process still ends: it may have files and descriptors open.
    let aborted: Error | null = null;
    child.once("error", (error) => {
      if (child.pid === undefined) reject(error);
      else aborted = error;
    });
    child.once("close", (code: number | null, endedBy: string | null) => {
      if (aborted !== null) reject(aborted);
      else if (code === 0) resolve();
      else if (code === null || code > BY_SIGNAL) reject(new WorkerLost(program, endedBy ?? signalOf(code)));
      else reject(new WorkerFailed(program, said.trim()));
    });
  });
  // That it did not come into its cage comes before what followed from that.
  const done = allSettled([admitted, ended]).then(() => {});
  // Whoever waits for `done` gets its error; without anybody, it is no unhandled rejection.
  done.catch(() => {});
  return { child: Object.assign(child, { stdin, stdout }), done, end };
}
