/**
 * Imagings by readers hinder nobody (ruling: drives): when its owner changes a source, those that others asked for end,
 * with the reason in their targets. That is recorded in the very transaction that judges and records the change: a
 * change that is refused ends none, and none that is asked for later is in its way.
 */
import { ensure } from "../../api/reason.ts";
import { makeDue } from "../../operations/lease.ts";
import { type Operation, operationOn, settleOperation } from "../../operations/operation.ts";
import type { Tx } from "../../store/store.ts";
import { driveCan } from "../can.ts";
import { END_COPY, ensureNotChanging } from "../changing.ts";
import type { DriveDependencies } from "../dependencies.ts";
import type { Drive } from "../drive.ts";
import { failImaging } from "../imagings.ts";
import { changeRow, findDrive, findEndingDrive, readyDrive } from "../rows.ts";
import { COPY, jobId } from "./image.ts";
import { nextTargets } from "./turns.ts";

type Dependencies = Pick<DriveDependencies, "store" | "worker">;

type Source = Pick<Drive, "uuid" | "user" | "imagedOnto">;

const imagedByReaders = ({ user: owner, imagedOnto }: Source) =>
  imagedOnto.filter(({ user }) => user !== owner);

/** Whether there are any to end. */
export const isImagedByReaders = (drive: Source) => imagedByReaders(drive).length > 0;

/**
 * Records that all imagings from the drive end that others than its owner asked for; what this answers is to be performed
 * before the change is.
 */
export async function endReadersImagings(
  tx: Tx,
  worker: Dependencies["worker"],
  drive: Source,
): Promise<readonly Operation[]> {
  const endings: Operation[] = [];
  for (const { drive: target } of imagedByReaders(drive)) {
    const ending = await recordEnd(tx, worker, drive.uuid, target);
    if (ending !== null) endings.push(ending);
  }
  return endings;
}

/** Ends them before its owner writes on the drive. Errors: `missing` and `busy`, as for a write; the host's. */
export async function endReadersImagingsToWrite(dependencies: Dependencies, uuid: string): Promise<void> {
  await endRecorded(dependencies, async (tx) => {
    const drive = await readyDrive(tx, uuid);
    ensure(driveCan.write(drive));
    await ensureNotChanging(tx, uuid);
    return endReadersImagings(tx, dependencies.worker, drive);
  });
}

/** The same for drives that their owner's server is about to write on, and has claimed. Errors: the host's. */
export async function endReadersImagingsFrom(
  dependencies: Dependencies,
  uuids: readonly string[],
): Promise<void> {
  for (const uuid of uuids) {
    await endRecorded(dependencies, async (tx) => {
      const drive = await findDrive(tx, uuid);
      return drive === null ? [] : endReadersImagings(tx, dependencies.worker, drive);
    });
  }
}

/** Ends the imaging onto the drive, if there is one: its owner is to have it no more. Errors: the host's. */
export async function endImagingOnto(dependencies: Dependencies, target: string): Promise<void> {
  await endRecorded(dependencies, async (tx) => {
    const ending = await recordEnd(tx, dependencies.worker, target, target);
    return ending === null ? [] : [ending];
  });
}

/** Ends the job. Errors: the host's; Overtaken. */
export async function finishEnding(
  { store, hosts, worker, imagings }: DriveDependencies,
  operation: Operation,
): Promise<void> {
  const { object: target, generation, params } = operation;
  await hosts.get(operation.host).drives.forgetJob({ id: String(params.job), target }, generation);
  await store.transaction(async (tx) => {
    await settleOperation(tx, operation);
    // It leaves its place to another.
    await makeDue(tx, await nextTargets(tx, operation.host, imagings));
  });
  void worker.look();
}

async function endRecorded(
  { store, worker }: Dependencies,
  record: (tx: Tx) => Promise<readonly Operation[]>,
): Promise<void> {
  const endings = await store.transaction(record);
  await Promise.all(endings.map((ending) => worker.perform(ending)));
}

async function recordEnd(
  tx: Tx,
  worker: Dependencies["worker"],
  source: string,
  target: string,
): Promise<Operation | null> {
  const [copy, drive] = [await operationOn(tx, target), await findEndingDrive(tx, target)];
  // It may be done by now.
  if (copy?.action !== COPY || drive === null) return null;
  await settleOperation(tx, copy);
  await failImaging(tx, target, `drive ${source}, its source, was changed by its owner meanwhile`);
  const generation = drive.generation + 1;
  await changeRow(tx, target, { generation });
  const params = { job: jobId(target, copy.generation) };
  return worker.record(tx, { ...copy, action: END_COPY, params, generation });
}
