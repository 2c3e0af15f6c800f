/** Destroying a drive: its key first, in the transaction that checks whether it may go, then its file, then its row. */
import { ensure } from "../../api/reason.ts";
import { busy } from "../../base/errors.ts";
import { allocate } from "../../hosts/hosts.ts";
import { endUse } from "../../metering/spans.ts";
import { forgetKeyOf, retireKeyOf } from "../../operations/idempotency.ts";
import { type Operation, settleOperation } from "../../operations/operation.ts";
import type { TransactionOptions, Tx } from "../../store/store.ts";
import { tellHooks } from "../../webhooks/outbox.ts";
import { driveCan, isFetched } from "../can.ts";
import type { DriveDependencies } from "../dependencies.ts";
import type { EndingDrive } from "../drive.ts";
import { COPY } from "../imaging/image.ts";
import { endImagingOnto, endReadersImagings } from "../imaging/readers.ts";
import { forgetFailed } from "../imagings.ts";
import { changeRow, readyEndingDrive } from "../rows.ts";

/** What takes a drive's key is done on a full disk, too. */
export const ERASING: TransactionOptions = { erases: true };

/** Destroys a drive. Errors: `missing`; `busy` when a server or an imaging uses it; the host's, and it is tried again. */
export async function destroyDrive(
  dependencies: DriveDependencies,
  uuid: string,
  request: string | null = null,
): Promise<void> {
  const { store, worker, clock } = dependencies;
  // One that is being destroyed is gone already, however long that takes.
  const drive = await store.transaction((tx) => readyEndingDrive(tx, uuid));
  if (isFetched(drive)) await endImagingOnto(dependencies, uuid);
  const decide = async (tx: Tx) => {
    const { before, intent } = await judge(tx, { worker, clock }, uuid);
    return { before, operation: await worker.record(tx, { ...intent, request }), result: undefined };
  };
  await worker.command(uuid, decide, [COPY], ERASING);
}

/**
 * The same, but for that its file goes by itself, once the worker is told to look. Errors: `missing`; `busy`.
 *
 * @param isDue asked in the transaction that takes the drive's key: where it is not, nothing is done
 */
export async function leaveDestruction(
  { worker, clock }: DriveDependencies,
  uuid: string,
  isDue: (tx: Tx) => Promise<boolean> = async () => true,
): Promise<void> {
  const decide = async (tx: Tx) => {
    if (!(await isDue(tx))) return { operation: null, result: undefined };
    const { before, intent } = await judge(tx, { worker, clock }, uuid);
    await worker.leave(tx, intent);
    return { before, operation: null, result: undefined };
  };
  await worker.command(uuid, decide, [COPY], ERASING);
}

/** Judges whether the drive may go, takes its key, and ends its use; what this answers is to be recorded. */
async function judge(tx: Tx, { worker, clock }: Pick<DriveDependencies, "worker" | "clock">, uuid: string) {
  const drive = await readyEndingDrive(tx, uuid);
  ensure(driveCan.destroy(drive));
  // It was asked for since the one before it was ended.
  if (isFetched(drive)) throw busy("drive_imaged", `drive ${uuid} is being imaged`);
  const before = await endReadersImagings(tx, worker, drive);
  await forgetFailed(tx, uuid);
  await endUse(tx, uuid, clock.now());
  await tellHooks(tx, "drive.destroyed", drive.user, { drive: uuid });
  return { before, intent: await takeKey(tx, drive) };
}

/** Takes the key of a drive that may go: it is there for nobody from then on. What this answers is to be recorded. */
export async function takeKey(tx: Tx, drive: Pick<EndingDrive, "uuid" | "host" | "generation">) {
  const { uuid, host } = drive;
  const generation = drive.generation + 1;
  await changeRow(tx, uuid, { phase: "destroying", wrapped_secret: null, generation });
  return { object: uuid, noun: "drive", host, action: "destroy", generation } as const;
}

/** Removes the file, and then all that the store has of the drive. Errors: the host's. */
export async function finishDestruction(
  { store, hosts }: DriveDependencies,
  operation: Operation,
): Promise<void> {
  const { object: uuid, host, generation } = operation;
  await hosts.get(host).drives.destroy(uuid, generation);
  await store.transaction(async (tx) => {
    await settleOperation(tx, operation);
    const { size_bytes } = await tx
      .deleteFrom("drives")
      .where("uuid", "=", uuid)
      .returning("size_bytes")
      .executeTakeFirstOrThrow();
    await allocate(tx, host, { diskBytes: -size_bytes });
    await retireKeyOf(tx, uuid);
  });
}

/**
 * Undoes a creation: the operation becomes the drive's destruction, of a higher generation, so that a creation that is
 * still on its way to the host does nothing. Errors: Overtaken; the host's, and it is tried again.
 */
export async function removeDrive(dependencies: DriveDependencies, operation: Operation): Promise<void> {
  const { store, worker } = dependencies;
  const { object: uuid, noun, host, request } = operation;
  const generation = operation.generation + 1;
  const removal = await store.transaction(
    async (tx) => {
      await settleOperation(tx, operation);
      await changeRow(tx, uuid, { phase: "destroying", wrapped_secret: null, generation });
      await forgetKeyOf(tx, uuid);
      return worker.record(tx, { object: uuid, noun, host, action: "destroy", generation, request });
    },
    { erases: true },
  );
  await worker.perform(removal);
}
