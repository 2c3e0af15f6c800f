/**
 * Imagings by readers hinder nobody (ruling: drives): when its owner changes a source, those that others asked for end,
 * with the reason in their targets.
 */
import { type Operation, operationOn, settleOperation } from "../../operations/operation.ts";
import type { DriveDependencies } from "../dependencies.ts";
import type { Drive } from "../drive.ts";
import { failImaging } from "../imagings.ts";
import { changeRow, findDrive, findEndingDrive } from "../rows.ts";
import { COPY, jobId } from "./image.ts";

/** The action that ends the job of an imaging whose source is its owner's to change. */
export const END_COPY = "end copy";

type Dependencies = Pick<DriveDependencies, "store" | "worker">;

type Source = Pick<Drive, "uuid" | "user" | "imagedOnto">;

const imagedByReaders = ({ user: owner, imagedOnto }: Source) =>
  imagedOnto.filter(({ user }) => user !== owner);

/** Whether there are any to end: a command that changes the drive is checked before it ends them. */
export const isImagedByReaders = (drive: Source) => imagedByReaders(drive).length > 0;

/** Ends all imagings from the drive that others than its owner asked for. Errors: the host's. */
export async function endReadersImagings(dependencies: Dependencies, drive: Source): Promise<void> {
  await Promise.all(imagedByReaders(drive).map(({ drive: target }) => endImaging(dependencies, target)));
}

/** The same for drives that their owner's server is about to write on. Errors: the host's. */
export async function endReadersImagingsFrom(
  dependencies: Dependencies,
  uuids: readonly string[],
): Promise<void> {
  for (const uuid of uuids) {
    const drive = await dependencies.store.transaction((tx) => findDrive(tx, uuid));
    if (drive !== null) await endReadersImagings(dependencies, drive);
  }
}

async function endImaging({ store, worker }: Dependencies, target: string): Promise<void> {
  const ending = await store.transaction(async (tx): Promise<Operation | null> => {
    const [copy, drive] = [await operationOn(tx, target), await findEndingDrive(tx, target)];
    // It may be done by now.
    if (copy?.action !== COPY || drive === null) return null;
    await settleOperation(tx, copy);
    const source = drive.imaging?.source ?? "";
    await failImaging(tx, target, `drive ${source}, its source, was changed by its owner meanwhile`);
    const generation = drive.generation + 1;
    await changeRow(tx, target, { generation });
    const params = { job: jobId(target, copy.generation) };
    return worker.record(tx, { ...copy, action: END_COPY, params, generation });
  });
  if (ending !== null) await worker.perform(ending);
}

/** Ends the job. Errors: the host's; Overtaken. */
export async function finishEnding({ store, hosts }: DriveDependencies, operation: Operation): Promise<void> {
  const { object: target, generation, params } = operation;
  await hosts.get(operation.host).drives.forgetJob({ id: String(params.job), target }, generation);
  await store.transaction((tx) => settleOperation(tx, operation));
}
