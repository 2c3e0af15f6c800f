/** Drives within a transaction: read whole, so that the rules see what holds until it ends, and changed. */
import type { Updateable } from "kysely";
import type { Tx } from "../store/store.ts";
import type { DrivesTable } from "../store/tables.ts";
import { type Drive, type DriveRow, driveOf, type EndingDrive, endingDriveOf, noSuchDrive } from "./drive.ts";
import { type ImagingRow, imagingsOf } from "./imagings.ts";

/**
 * The drive with its claims and imagings; null for one that is being made or destroyed, or is not there. Errors: `failed`
 * when its row is damaged.
 */
export const findDrive = (tx: Tx, uuid: string): Promise<Drive | null> => find(tx, uuid, driveOf);

/** The drive as far as whoever destroys it needs it: its row may be damaged. */
export const findEndingDrive = (tx: Tx, uuid: string): Promise<EndingDrive | null> =>
  find(tx, uuid, endingDriveOf);

/** As `findDrive`. Errors: `missing` too. */
export async function readyDrive(tx: Tx, uuid: string): Promise<Drive> {
  return present(uuid, await findDrive(tx, uuid));
}

/** As `findEndingDrive`. Errors: `missing`. */
export async function readyEndingDrive(tx: Tx, uuid: string): Promise<EndingDrive> {
  return present(uuid, await findEndingDrive(tx, uuid));
}

async function find<Found>(
  tx: Tx,
  uuid: string,
  read: (row: DriveRow, claimed: readonly string[], imagings: readonly ImagingRow[]) => Found,
): Promise<Found | null> {
  const row = await tx
    .selectFrom("drives")
    .selectAll()
    .where("uuid", "=", uuid)
    .where("phase", "=", "ready")
    .executeTakeFirst();
  if (row === undefined) return null;
  const claims = await tx.selectFrom("claims").select("server").where("drive", "=", uuid).execute();
  return read(
    row,
    claims.map(({ server }) => server),
    await imagingsOf(tx, uuid),
  );
}

function present<Found>(uuid: string, drive: Found | null): Found {
  if (drive === null) throw noSuchDrive(uuid);
  return drive;
}

/** Changes a drive's row; its revision grows with every change. */
export async function changeRow(tx: Tx, uuid: string, change: Updateable<DrivesTable>): Promise<void> {
  await tx
    .updateTable("drives")
    .set((row) => ({ ...change, revision: row("revision", "+", 1) }))
    .where("uuid", "=", uuid)
    .execute();
}
