/**
 * Taking up what an earlier daemon left: every process of this cloud's that is there, and every run directory. What no
 * record proves dead runs: a process is taken up also where its record is missing or damaged, or it does not answer.
 */
import { uptime } from "node:os";
import { answerable } from "../../base/uncaught.ts";
import type { AdoptedDrive } from "../attachment.ts";
import { type ProcessIdentity, TICKS_PER_SECOND } from "../process/process.ts";
import { noCounters } from "./counters.ts";
import { serverProcesses } from "./find-servers.ts";
import { type DatedCounters, recordOfUnknown, type ServerRecord } from "./record.ts";
import type { Run } from "./run.ts";
import {
  type RunDirectory,
  readCounters,
  readEnd,
  readRecord,
  runDirectory,
  serversWithDirectory,
} from "./run-directory.ts";
import type { Dependencies } from "./start-server.ts";
import { unseenEnd } from "./unseen-end.ts";

export type Adoption = {
  /** The directory of all run directories. */
  readonly servers: string;
  readonly dependencies: Dependencies;
  /** A new run in the table. */
  readonly runOf: (uuid: string) => Run;
};

/** What is known of a run beside its process. Null: it is not there; damaged files are as `unknown` says. */
type Left = {
  readonly record: ServerRecord | null;
  readonly counters: DatedCounters | null;
  readonly ended: DatedCounters | null;
  /** Some of it could not be read. */
  readonly isDamaged: boolean;
};

/** Each server by itself: what goes wrong with one is told to the log. */
export async function adoptRuns(adoption: Adoption): Promise<void> {
  const { servers, dependencies } = adoption;
  const processes = await serverProcesses(servers, dependencies.quota);
  const uuids = new Set([...processes.keys(), ...(await serversWithDirectory(servers))]);
  await Promise.all(
    [...uuids].map((uuid) =>
      answerable({ server: uuid }, () => adopt(uuid, processes.get(uuid) ?? null, adoption)).catch((err) =>
        dependencies.log({ level: "error", message: "a server could not be taken up", server: uuid, err }),
      ),
    ),
  );
}

async function adopt(
  uuid: string,
  identity: ProcessIdentity | null,
  { servers, dependencies, runOf }: Adoption,
): Promise<void> {
  const run = runOf(uuid);
  const directory = runDirectory(servers, uuid);
  const { record, counters, ended, isDamaged } = await readLeft(uuid, directory, dependencies);
  if (identity === null) {
    const known = record ?? recordOfUnknown(uuid, 0);
    // Where something cannot be read it may have run.
    const none = isDamaged ? { counters: noCounters(known.devices), bootS: null } : null;
    const last = counters ?? none;
    const unseen = last && { ...last, bootS: await unseenEnd(directory, last.bootS) };
    return run.adoptEnd(known, ended ?? unseen, ended !== null);
  }
  const known = record ?? recordOfUnknown(uuid, startOf(identity));
  try {
    dependencies.attachments.adopt(uuid, drivesOf(known, run));
  } catch (err) {
    dependencies.log({
      level: "error",
      message: "a server's drives could not be taken up",
      server: uuid,
      err,
    });
  }
  await run.adopt(known, identity, counters?.counters ?? null);
}

function drivesOf({ devices }: ServerRecord, run: Run): AdoptedDrive[] {
  const drives = new Map(devices.map(({ drive, shared }) => [drive, shared]));
  return [...drives].map(([drive, shared]) => ({ drive, shared, exporter: run.exporterOf(drive) }));
}

async function readLeft(
  uuid: string,
  directory: RunDirectory,
  { log }: Pick<Dependencies, "log">,
): Promise<Left> {
  let isDamaged = false;
  const whole = <T>(reading: Promise<T | null>): Promise<T | null> =>
    reading.catch((err: unknown) => {
      isDamaged = true;
      log({ level: "error", message: "what was recorded of a server cannot be read", server: uuid, err });
      return null;
    });
  const [record, counters, ended] = await Promise.all([
    whole(readRecord(directory)),
    whole(readCounters(directory)),
    whole(readEnd(directory)),
  ]);
  return { record, counters, ended, isDamaged };
}

/** When the process was started, seconds since the epoch. */
function startOf({ startTicks }: ProcessIdentity): number {
  return Math.floor(Date.now() / 1000 - uptime() + startTicks / TICKS_PER_SECOND);
}
