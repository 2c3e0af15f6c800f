/** `lodge status`: what an operator needs to know of a cloud, whether its daemon runs or not. */
import { existsSync } from "node:fs";
import { LodgeError, sentenceOf } from "../../base/errors.ts";
import { takeLock } from "../../base/file-lock.ts";
import { type FoundHome, findHome, homeDirectory, openHome, runDirectories } from "../../home.ts";
import { runningServers } from "../../host/traces.ts";
import { askDaemon } from "../../operator/client.ts";
import { isWell } from "../../operator/needs.ts";
import { type RunningStatus, renderAlone, renderStatus } from "./status-lines.ts";
import { parse, print } from "./subcommand.ts";

/** What is told of the status by the exit code: 3 and 4 as of services (LSB, "Init Script Actions", `status`). */
const EXIT = { well: 0, unwell: 1, notRunning: 3, unknown: 4 } as const;

/** Errors: `usage`. */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parse(args, { home: { type: "string" }, json: { type: "boolean" } });
  const { code, lines, facts } = await find(values.home).catch((error: unknown) => {
    const why = sentenceOf(error);
    return { code: EXIT.unknown, lines: [`It is not known how this cloud does: ${why}`], facts: { why } };
  });
  print(...(values.json ? [JSON.stringify(facts)] : lines));
  process.exitCode = code;
}

type Found = {
  readonly code: number;
  readonly lines: readonly string[];
  /** The same for programs. */
  readonly facts: object;
};

/** Errors: what keeps it from being found out. */
async function find(named: string | undefined): Promise<Found> {
  const found = findHome(named);
  if (found === null) throw new Error(`there is no cloud in ${homeDirectory(named)}`);
  const home = openHome(named);
  const status = await askDaemon(home, "/status").catch(async (error: unknown) => {
    if (!(error instanceof LodgeError && error.type === "missing")) throw error;
    return null;
  });
  if (status === null) return findAlone(found, home.runDir);
  const running = status as RunningStatus;
  const well = isWell(running);
  return {
    code: well ? EXIT.well : EXIT.unwell,
    lines: renderStatus(running, Date.now()),
    facts: { running: true, well, ...running },
  };
}

/**
 * What is seen where no daemon answers. Servers are found by their processes, whatever became of the runtime directory; what
 * is in that alone is not known where it is gone: whether a daemon listens, and whose the servers are.
 */
async function findAlone({ dir, id, lockFile }: FoundHome, runDir: string): Promise<Found> {
  const directories = runDirectories(id);
  const running = await Promise.all(directories.map(runningServers));
  const servers = new Set(running.flat()).size;
  const gone = directories.some(existsSync) ? null : runDir;
  // Where there is a folder to listen in, a daemon that works with the home listens there.
  const isHeld = gone !== null && isLocked(lockFile);
  return {
    code: isHeld ? EXIT.unknown : EXIT.notRunning,
    lines: renderAlone({ dir, servers, gone, isHeld }),
    // That it is gone is as it should be where nothing runs.
    facts: { running: isHeld, servers, ...((isHeld || servers > 0) && gone !== null && { gone }) },
  };
}

function isLocked(file: string): boolean {
  if (!existsSync(file)) return false;
  const release = takeLock(file);
  release?.();
  return release === null;
}
