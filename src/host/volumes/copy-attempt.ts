/** One attempt at a copy job, from an empty target to one that holds what it is to hold. */
import { within } from "../../base/deadline.ts";
import { busy } from "../../base/errors.ts";
import type { Downloader } from "../../download/download.ts";
import type { CopyJob, FetchJob, Volume } from "../host.ts";
import type { Sandboxer } from "../process/sandbox.ts";
import { connectNbd, type NbdAddress, type NbdConnection } from "../wire/nbd.ts";
import type { Cages } from "./cages.ts";
import { convertVolume } from "./convert.ts";
import { type CopySource, copyVolume } from "./copy.ts";
import type { DiskSpaceCount } from "./disk-space.ts";
import type { DriveTable } from "./drive-table.ts";
import type { DriveExport, Exports } from "./exports.ts";
import { Moved, retryWhileMoving } from "./faults.ts";
import { fetchInto } from "./fetch.ts";
import { discardStaging, makeStaging, placeStaging, type StagingVolume } from "./staging-volume.ts";
import { diskBytes, emptyVolume, type VolumeFolder, volumeName } from "./volume-file.ts";

export type CopyDependencies = {
  readonly folder: VolumeFolder;
  readonly sandboxer: Sandboxer;
  readonly cages: Cages;
  readonly table: DriveTable<DriveExport>;
  readonly exports: Exports;
  readonly space: DiskSpaceCount;
  readonly downloader: Downloader;
  /** How long whoever has a drive open may take to answer; a worker may be quiet for twice as long. */
  readonly deadlineMs: number;
  /** Has the drive closed, and kept so while `work` goes on. */
  closed<T>(uuid: string, work: () => Promise<T>): Promise<T>;
  /** Told why a job is begun anew. */
  onTrouble(error: unknown): void;
};

/** What fills a drive. */
export type FillJob = CopyJob | FetchJob;

/** @typeParam Job which of them it is */
export type CopyAttempt<Job extends FillJob = FillJob> = {
  readonly job: Job;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** The target reads as zeroes. */
  onEmptied(): void;
  /** Told how much of the source is through, from 0 to 1. */
  onProgress(part: number): void;
};

/** Errors: as of `DriveHost.startCopy`; whatever is lost on the way, and may be there at the next attempt. */
export async function runCopy(dependencies: CopyDependencies, attempt: CopyAttempt): Promise<void> {
  const { folder, exports, space, closed } = dependencies;
  const { job, signal, onEmptied, onProgress } = attempt;
  const { target } = job;
  onProgress(0);
  // Writes that came before are let finish; new ones are refused from the job's beginning on.
  await written(dependencies, target.uuid, signal);
  await closed(target.uuid, () => emptyVolume(folder, target));
  await space.look(volumeName(target));
  onEmptied();
  if ("source" in job) await written(dependencies, job.source.uuid, signal);
  const staging = await makeStaging(folder, target);
  try {
    if (!("source" in job)) await fetch(dependencies, { ...attempt, job }, staging);
    else if (job.conversion === null) await copy(dependencies, { ...attempt, job }, staging);
    else await convert(dependencies, { ...attempt, job }, staging);
    await retryWhileMoving(staging.uuid, () => exports.close(staging.uuid));
    signal.throwIfAborted();
    await closed(target.uuid, () => placeStaging(folder, staging, target));
  } finally {
    // One that succeeded has closed it already, and what failed is what is thrown.
    await exports.close(staging.uuid).catch(() => {});
    await discardStaging(folder, staging);
    space.forget(volumeName(staging));
    await space.look(volumeName(target));
  }
}

/** Waits for the writes that are under way. Errors: `busy`, one goes on for too long: others wait for this job's place. */
async function written(
  { table, deadlineMs }: CopyDependencies,
  uuid: string,
  signal: AbortSignal,
): Promise<void> {
  const late = AbortSignal.timeout(2 * deadlineMs);
  try {
    await table.written(uuid, AbortSignal.any([signal, late]));
  } catch (error) {
    if (signal.aborted || !late.aborted) throw error;
    throw busy("drive_in_use", `drive ${uuid} is still being written`, { cause: error });
  }
}

function fetch(
  { exports, downloader }: CopyDependencies,
  { job, signal, onProgress }: CopyAttempt<FetchJob>,
  staging: StagingVolume,
): Promise<void> {
  return exports.use(staging, (to) => fetchInto({ job, to, downloader, onProgress, signal }));
}

async function copy(
  dependencies: CopyDependencies,
  { job: { source }, signal, onProgress }: CopyAttempt<CopyJob>,
  staging: StagingVolume,
): Promise<void> {
  const { folder, sandboxer, cages, table, exports, deadlineMs } = dependencies;
  const options = { sandboxer, cages, onProgress, signal, quietMs: 2 * deadlineMs };
  const copyFrom = (from: CopySource) => copyVolume(folder, from, staging, options);
  const state = table.state(source.uuid);
  if (state.is === "attached") await copyFrom({ nbd: await exporterOf(dependencies, source) });
  else if (state.is === "shared") await exports.use(source, (_, nbd) => copyFrom({ nbd }));
  else await copyFrom({ file: source });
  // A guest may have written behind the drive's end within its last sector: that is no part of it.
  const behind = diskBytes(source.sizeBytes) - source.sizeBytes;
  if (behind === 0) return;
  await exports.use(staging, async (nbd) => {
    await nbd.writeZeroes(source.sizeBytes, behind);
    await nbd.flush();
  });
}

async function convert(
  dependencies: CopyDependencies,
  { job: { source, target, conversion }, signal, onProgress }: CopyAttempt<CopyJob>,
  staging: StagingVolume,
): Promise<void> {
  if (conversion === null) throw new Error("there is nothing to convert");
  const { sandboxer, cages, exports, deadlineMs } = dependencies;
  const rest = {
    source,
    target,
    onProgress,
    worker: { sandboxer, view: {}, signal },
    cages,
    quietMs: 2 * deadlineMs,
  };
  await reading(dependencies, source, (from) =>
    exports.use(staging, (to) => convertVolume(conversion, { from, to, ...rest })),
  );
}

/** Does `work` on the source, open at whoever has it. */
async function reading(
  dependencies: CopyDependencies,
  source: Volume,
  work: (nbd: NbdConnection) => Promise<void>,
): Promise<void> {
  const { table, exports, deadlineMs } = dependencies;
  if (table.state(source.uuid).is !== "attached") return exports.use(source, work);
  const nbd = await connectNbd(await exporterOf(dependencies, source), deadlineMs);
  try {
    await work(nbd);
  } finally {
    await nbd.close();
  }
}

/** Where the QEMU of the server that has the drive exports it. Errors: Moved where it does not, or not in time. */
export async function exporterOf(
  { table, deadlineMs }: Pick<CopyDependencies, "table" | "deadlineMs">,
  { uuid }: Volume,
): Promise<NbdAddress> {
  const state = table.state(uuid);
  if (state.is !== "attached") throw new Moved(uuid);
  const what = `the export of drive ${uuid} by server ${state.server}`;
  return within(deadlineMs, what, state.exporter()).catch((cause: unknown) => {
    throw new Moved(uuid, { cause });
  });
}
