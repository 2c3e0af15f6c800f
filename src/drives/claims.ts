/**
 * Claims: which servers hold which drives. An exclusive drive has at most one claimant, a shared one any number
 * (spec: drive info, `claimed` and `claim:type`). They are taken when a server starts and given back when it ends, in
 * the same transaction as the server's phase.
 */
import { busy, missing } from "../api/errors.ts";
import type { UserId } from "../api/ids.ts";
import type { Tx } from "../store/store.ts";
import { type Drive, type DriveRow, driveCan, driveOf } from "./drive.ts";
import { readyRow } from "./records.ts";

/** A drive that a server's configuration names, and the key that names it. */
export type Want = { readonly key: string; readonly drive: string };

/**
 * Claims all drives for the server, or none.
 *
 * Errors: `missing` naming the key of a drive that is not there or not the user's; `busy` when another holds one that
 * is exclusive, or when one is being resized.
 */
export async function claimDrives(
  tx: Tx,
  server: string,
  user: UserId,
  wants: readonly Want[],
): Promise<readonly Drive[]> {
  const drives: Drive[] = [];
  for (const { key, drive: uuid } of wants) {
    const row = await readyRow(tx, uuid);
    const drive = await heldDrive(tx, row);
    if (drive === null || !driveCan(drive, user).change)
      throw missing(`${key} names drive ${uuid}: there is none`);
    if (row?.wanted_size_bytes !== null) throw busy(`drive ${uuid} is being resized`);
    judgeClaim(drive, server);
    await tx
      .insertInto("claims")
      .values({ drive: uuid, server, exclusive: drive.claimType === "exclusive" ? 1 : 0 })
      .onConflict((conflict) => conflict.columns(["drive", "server"]).doNothing())
      .execute();
    drives.push(drive);
  }
  return drives;
}

/** The rule itself. Errors: `busy`. */
export function judgeClaim(drive: Pick<Drive, "uuid" | "claimType" | "claimed">, server: string): void {
  const other = drive.claimed.find((claimant) => claimant !== server);
  if (drive.claimType === "exclusive" && other !== undefined) {
    throw busy(`drive ${drive.uuid} is in use by server ${other}`);
  }
}

/** Gives back all that the server holds. */
export async function releaseDrives(tx: Tx, server: string): Promise<void> {
  await tx.deleteFrom("claims").where("server", "=", server).execute();
}

/** Errors: `busy` when a server holds the drive. */
export async function refuseClaimed(tx: Tx, drive: string): Promise<void> {
  const claim = await tx.selectFrom("claims").select("server").where("drive", "=", drive).executeTakeFirst();
  if (claim !== undefined) throw busy(`drive ${drive} is in use by server ${claim.server}`);
}

async function heldDrive(tx: Tx, row: DriveRow | undefined): Promise<Drive | null> {
  if (row === undefined) return null;
  const claims = await tx.selectFrom("claims").select("server").where("drive", "=", row.uuid).execute();
  return driveOf(
    row,
    claims.map(({ server }) => server),
  );
}
