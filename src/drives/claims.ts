/**
 * Claims: which servers hold which drives. An exclusive drive has at most one claimant, a shared one any number
 * (spec: drive info, `claimed` and `claim:type`). They are taken when a server starts and given back when it ends, in
 * the same transaction as the server's phase. Imagings claim drives too (`imagings.ts`).
 */
import { busy, missing } from "../base/errors.ts";
import type { UserId } from "../base/ids.ts";
import type { Tx } from "../store/store.ts";
import { type Drive, type DriveRow, driveCan, driveOf } from "./drive.ts";
import { refuseImaged } from "./imagings.ts";
import { readyRow } from "./records.ts";

/** A drive that a server's configuration names, the key that names it, and as what. */
export type Want = { readonly key: string; readonly drive: string; readonly media: "disk" | "cdrom" };

/**
 * Claims all drives for the server, or none.
 *
 * Errors: `missing` naming the key of a drive that is not there or not the user's; `busy` when another holds one that
 * is exclusive, or when one is being resized or imaged.
 */
export async function claimDrives(
  tx: Tx,
  server: string,
  user: UserId,
  wants: readonly Want[],
): Promise<readonly Drive[]> {
  const drives: Drive[] = [];
  for (const want of wants) {
    const uuid = want.drive;
    const row = await readyRow(tx, uuid);
    const drive = judgeWant(await heldDrive(tx, row), user, want);
    if (row?.wanted_size_bytes !== null) throw busy(`drive ${uuid} is being resized`);
    await refuseImaged(tx, uuid, want.media === "cdrom" ? "read" : "change");
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

/**
 * Whether the user may attach the drive so, as a configuration says that it is to be: his own as he likes, a standard
 * image, which nobody writes on, as a cdrom. Answers the drive. Errors: `missing`, naming the key.
 */
export function judgeWant(drive: Drive | null, user: UserId, { key, drive: uuid, media }: Want): Drive {
  if (drive?.standard && media === "disk") {
    throw missing(
      `${key} names drive ${uuid}: it is a standard image, which can only be attached with ${key}:media cdrom`,
    );
  }
  if (drive === null || !(drive.standard || driveCan(drive, user).change)) {
    throw missing(`${key} names drive ${uuid}: there is none`);
  }
  return drive;
}

/** The same of a drive that a configuration names anew. Errors: `missing`. */
export async function judgeNamed(tx: Tx, user: UserId, want: Want): Promise<void> {
  const row = await readyRow(tx, want.drive);
  judgeWant(row === undefined ? null : driveOf(row, []), user, want);
}

/** The same where only the medium changes: then the drive may have gone, which its server's start will say. */
export async function judgeMedia(tx: Tx, user: UserId, want: Want): Promise<void> {
  if ((await readyRow(tx, want.drive)) !== undefined) await judgeNamed(tx, user, want);
}

/** The rule about others' claims. Errors: `busy`. */
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

/** Errors: `busy` when a server or an imaging holds the drive. */
export async function refuseClaimed(tx: Tx, drive: string): Promise<void> {
  await refuseImaged(tx, drive, "change");
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
