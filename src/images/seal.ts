/**
 * A drive that becomes a standard image as it stands, and an image that is removed by the daemon. What was uploaded, fetched
 * or imaged onto a drive needs no second way in: its bytes stay where they are, encrypted as they are, and never change
 * from then on.
 */
import type { Attributes } from "../api/attributes.ts";
import { authorize, EVERYBODY } from "../api/authorize.ts";
import { ensure } from "../api/reason.ts";
import { busy } from "../base/errors.ts";
import { CLOUD_USER, type UserId } from "../base/ids.ts";
import { driveCan } from "../drives/can.ts";
import type { DriveDependencies } from "../drives/dependencies.ts";
import { accessedDrive, type Drive, type Standard } from "../drives/drive.ts";
import { COPY } from "../drives/imaging/image.ts";
import { forgetFailed } from "../drives/imagings.ts";
import { ERASING, takeKey } from "../drives/lifecycle/destroy.ts";
import { changeRow, readyDrive } from "../drives/rows.ts";
import { endUse } from "../metering/spans.ts";
import { retireKeyOf } from "../operations/idempotency.ts";
import type { Tx } from "../store/store.ts";
import { ensureUnused } from "./records.ts";
import { columnText, presentRow } from "./row.ts";

export type SealOrder = {
  /** Whose the drive is, who asks. */
  readonly user: UserId;
  readonly drive: string;
  readonly media: Standard["media"];
  /** Null: the drive's. */
  readonly name: string | null;
};

/**
 * Makes the drive a standard image of the same uuid: from then on it is nobody's own, costs nobody anything, and is read by
 * everybody. Errors: `missing`; `busy` while a server or an imaging uses it.
 */
export async function sealDrive({ worker, clock }: DriveDependencies, order: SealOrder): Promise<void> {
  const seal = async (tx: Tx) => {
    const drive = await readyDrive(tx, order.drive);
    authorize({ user: order.user }, "change", accessedDrive(drive));
    ensure(driveCan.seal(drive));
    await forgetFailed(tx, drive.uuid);
    await endUse(tx, drive.uuid, clock.now());
    await retireKeyOf(tx, drive.uuid);
    await handOver(tx, drive, order);
    return { operation: null, result: undefined };
  };
  await worker.command(order.drive, seal, [COPY]);
}

async function handOver(tx: Tx, drive: Drive, { media, name }: SealOrder): Promise<void> {
  const { uuid, sizeBytes, attributes } = drive;
  // Whose it was is told that it is gone, as of one that is destroyed.
  await changeRow(tx, uuid, { phase: "destroying" });
  const content = { rawSizeBytes: sizeBytes, sha256: null };
  await changeRow(tx, uuid, {
    phase: "ready",
    user: CLOUD_USER,
    claim_type: "shared",
    properties: JSON.stringify({
      name: name ?? attributes.name ?? "",
      readers: EVERYBODY,
    } satisfies Attributes),
    standard: columnText({ media, format: null }, content, null),
  });
}

/** Destroys an image whose content is there. Errors: `missing`; `busy` while a server or an imaging uses it. */
export async function destroyImage(
  { worker }: DriveDependencies,
  uuid: string,
  request: string | null,
): Promise<void> {
  const judge = async (tx: Tx) => {
    const image = await presentRow(tx, uuid);
    if (image.phase !== "ready") {
      throw busy("image_unfinished", `image ${uuid} is being removed`);
    }
    await ensureUnused(tx, uuid);
    const intent = await takeKey(tx, image);
    return { operation: await worker.record(tx, { ...intent, request }), result: undefined };
  };
  await worker.command(uuid, judge, [], ERASING);
}
