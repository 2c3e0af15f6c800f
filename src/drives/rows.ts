/** Drives within a transaction: read whole, so that the rules see what holds until it ends, and changed. */
import type { Updateable } from "kysely";
import type { Tx } from "../store/store.ts";
import type { DrivesTable } from "../store/tables.ts";
import { type Drive, driveOf, noSuchDrive } from "./drive.ts";
import { imagingsOf } from "./imagings.ts";

/** The drive with its claims and imagings; null for one that is being made or destroyed, or is not there. */
export async function findDrive(tx: Tx, uuid: string): Promise<Drive | null> {
  const row = await tx
    .selectFrom("drives")
    .selectAll()
    .where("uuid", "=", uuid)
    .where("phase", "=", "ready")
    .executeTakeFirst();
  if (row === undefined) return null;
  const claims = await tx.selectFrom("claims").select("server").where("drive", "=", uuid).execute();
  return driveOf(
    row,
    claims.map(({ server }) => server),
    await imagingsOf(tx, uuid),
  );
}

/** The same. Errors: `missing`. */
export async function readyDrive(tx: Tx, uuid: string): Promise<Drive> {
  const drive = await findDrive(tx, uuid);
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
