/**
 * Claims: which servers have which drives. An exclusive drive has at most one claimant, a shared one any number
 * (spec: drive info, `claimed` and `claim:type`). They are taken when a server starts and given back when it ends, in
 * the same transaction as the server's phase. What forbids one is among the rules of `can.ts`.
 */
import { ensure } from "../api/reason.ts";
import { missing } from "../base/errors.ts";
import type { UserId } from "../base/ids.ts";
import type { Tx } from "../store/store.ts";
import { driveCan } from "./can.ts";
import { ensureNotChanging } from "./changing.ts";
import type { Drive } from "./drive.ts";
import { findDrive } from "./rows.ts";

/** A drive that a server's configuration names, the key that names it, and as what. */
export type Want = { readonly key: string; readonly drive: string; readonly media: "disk" | "cdrom" };

/**
 * Claims all drives for the server, or none.
 *
 * Errors: `missing` naming the key of a drive that is not there or not the user's; `busy` when another has claimed one
 * that is exclusive, or when one is being resized or imaged.
 */
export async function claimDrives(
  tx: Tx,
  server: string,
  user: UserId,
  wants: readonly Want[],
): Promise<readonly Drive[]> {
  const drives: Drive[] = [];
  for (const want of wants) {
    const drive = ensureAttachable(await findDrive(tx, want.drive), user, want);
    await ensureNotChanging(tx, drive.uuid);
    ensure(driveCan.attach(drive, server, want.media));
    // The index over exclusive claims enforces it once more, whatever mistake is made here.
    await tx
      .insertInto("claims")
      .values({ drive: drive.uuid, server, exclusive: drive.claimType === "exclusive" ? 1 : 0 })
      .onConflict((conflict) => conflict.columns(["drive", "server"]).doNothing())
      .execute();
    drives.push(drive);
  }
  return drives;
}

/**
 * Whether the user may attach the drive so, as a configuration says that it is to be: their own as they like, a standard
 * image, which nobody writes on, as a cdrom. Answers the drive. Errors: `missing`, naming the key.
 */
export function ensureAttachable(
  drive: Drive | null,
  user: UserId,
  { key, drive: uuid, media }: Want,
): Drive {
  if (drive?.standard && media === "disk") {
    throw missing(
      "no_such_reference",
      `${key} names drive ${uuid}: it is a standard image, which can only be attached with ${key}:media cdrom`,
    );
  }
  if (drive === null || !(drive.standard || drive.user === user)) {
    throw missing("no_such_reference", `${key} names drive ${uuid}: there is none`);
  }
  return drive;
}

/** The same of a drive that a configuration names anew. Errors: `missing`. */
export async function ensureNamed(tx: Tx, user: UserId, want: Want): Promise<void> {
  ensureAttachable(await findDrive(tx, want.drive), user, want);
}

/** The same where only the medium changes: then the drive may have gone, which its server's start will say. */
export async function ensureMedia(tx: Tx, user: UserId, want: Want): Promise<void> {
  const drive = await findDrive(tx, want.drive);
  if (drive !== null) ensureAttachable(drive, user, want);
}

/** Gives back all that the server claims. */
export async function releaseDrives(tx: Tx, server: string): Promise<void> {
  await tx.deleteFrom("claims").where("server", "=", server).execute();
}
