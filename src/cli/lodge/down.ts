/** `lodge down` takes a cloud down: every server ends, and nothing of it is left outside its home. */
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { busy, LodgeError, usage } from "../../base/errors.ts";
import { takeLock } from "../../base/file-lock.ts";
import { type FoundHome, findHome, homeDirectory, runDirectories } from "../../home.ts";
import type { Trace } from "../../host/trace.ts";
import { hasRuns, runningServers, tracesOf } from "../../host/traces.ts";
import { takeIdentity } from "../../identity-lock.ts";
import { operatorSocket } from "../../operator/client.ts";
import { parse, print } from "./subcommand.ts";

/**
 * Does what a power cut does to the servers: persistent ones are stopped, others go. Where the cloud opens, that is recorded
 * as it is done; where it does not, whatever the reason, its next start finds it out. Then all that it has outside of its
 * home is looked for, removed, and looked for again. One thing that cannot be removed keeps no other from it.
 *
 * Errors: `usage`; `busy` when the daemon runs; all that is left, or of which it cannot be told, and why.
 */
export async function run(args: readonly string[]): Promise<void> {
  const { values, positionals } = parse(args, { home: { type: "string" }, id: { type: "string" } });
  if (positionals.length > 0) throw usage("down takes no words but --home or --id");
  const home = values.id === undefined ? homeNamed(values.home) : null;
  if (home === null && values.id === undefined) {
    print(`there is no cloud in ${homeDirectory(values.home)}`);
    return;
  }
  const id = home?.id ?? idNamed(values.id ?? "");
  const directories = runDirectories(id);
  if (home !== null) {
    // It would only say that the cloud does not open.
    (await ensureAlone(home, directories))();
    // Most of a cloud is loaded and opened for that alone.
    const have = await Promise.all(directories.map(hasRuns));
    if (have.includes(true)) await (await import("./end-servers.ts")).endByRecord(home.dir);
  }
  const leave = await ensureAlone(home, directories);
  try {
    const traces = tracesOf({ id, runDirectories: directories, home: home?.dir ?? null });
    const left = await sweep(traces, (gone) => print(`${gone}: gone`));
    if (left.length > 0) throw new Error(`not all could be removed: ${left.join("; ")}`);
  } finally {
    leave();
  }
  print(
    home === null
      ? `nothing of the cloud ${id} is left`
      : `nothing of this cloud is left outside ${home.dir}`,
  );
}

/** Errors: what keeps the home from being read, and what can be done all the same. */
function homeNamed(named: string | undefined): FoundHome | null {
  try {
    return findHome(named);
  } catch (cause) {
    const instead =
      'What runs of it is ended by "lodge down --id ID", where its runtime directory is lodge-ID';
    throw new Error(`${(cause as Error).message}. ${instead}`, { cause });
  }
}

function idNamed(text: string): string {
  if (!/^[0-9a-f]{8}$/.test(text)) throw usage("--id takes the eight hex digits of a cloud");
  return text;
}

/**
 * Keeps daemons of the home, and of its copies, from starting until the function that it answers is called. Errors: `busy`
 * when one runs, or what runs is another home's. A lock that cannot be had for another reason, as on a damaged disk, says
 * nothing: then it is the socket that tells.
 */
async function ensureAlone(home: FoundHome | null, directories: readonly string[]): Promise<() => void> {
  const name = home === null ? "its daemon runs" : `Lodge is running with the home ${home.dir}`;
  const held: (() => void)[] = [];
  const leave = () => {
    for (const release of held) release();
  };
  const lock = home === null ? "unknown" : lockOf(home.lockFile);
  if (lock === "held") throw busy(`${name}: stop it first`);
  if (lock !== "unknown") held.push(lock);
  try {
    for (const runDir of directories.filter(existsSync)) {
      if (lock === "unknown" && (await answers(operatorSocket(runDir)))) throw busy(`${name}: stop it first`);
      if (home === null) continue;
      const runsServers = async () => (await runningServers(runDir)).length > 0;
      held.unshift(await takeIdentity({ dir: home.dir, runDir, runsServers }).catch(unlessBusy));
    }
  } catch (error) {
    leave();
    throw error;
  }
  return leave;
}

/** The lock of a file, whether another has it, or whether that cannot be told. */
function lockOf(file: string): (() => void) | "held" | "unknown" {
  try {
    return takeLock(file) ?? "held";
  } catch {
    return "unknown";
  }
}

/** What is full or not ours stands in nobody's way; whose it is does. */
function unlessBusy(error: unknown): () => void {
  if (error instanceof LodgeError && error.type === "busy") throw error;
  return () => {};
}

/** Whether somebody listens at the unix socket. */
function answers(path: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(path);
  socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
  return promise.finally(() => socket.destroy());
}

/** Removes what there is, in order; `onGone` is told of each thing that is gone. Answers, in words, what is left and why. */
export async function sweep(
  traces: readonly Trace[],
  onGone: (what: string) => void,
): Promise<readonly string[]> {
  const left: string[] = [];
  for (const trace of traces) {
    try {
      const before = await trace.find();
      if (before.length === 0) continue;
      const reason = await trace.remove().then(
        () => "",
        (error: Error) => ` (${error.message})`,
      );
      const after = await trace.find();
      for (const each of before) if (!after.includes(each)) onGone(each);
      left.push(...after.map((each) => `${each}${reason}`));
    } catch (error) {
      left.push(`it is not known whether ${trace.what} is there (${(error as Error).message})`);
    }
  }
  return left;
}
