/**
 * Imagings as they stand in the store, and what they forbid: while one is queued or under way nothing changes its
 * target, and nothing but reading its source (ruling: drives, `claimed`).
 */
import type { Selectable } from "kysely";
import { busy } from "../base/errors.ts";
import type { UserId } from "../base/ids.ts";
import type { Tx } from "../store/store.ts";
import type { ImagingsTable } from "../store/tables.ts";

/** What is to happen to a drive, or did not come about. */
export type Imaging = {
  readonly source: string;
  readonly state: ImagingsTable["state"];
  /** Why it failed, a sentence. */
  readonly error: string | null;
};

/** An imaging's row with the owner of its target. */
export type ImagingRow = Pick<Selectable<ImagingsTable>, "target" | "source" | "state" | "error"> & {
  readonly user: string;
};

/** What imagings have to do with a drive. */
export type Imaged = {
  /** The one onto it, null when there is none. */
  readonly imaging: Imaging | null;
  /** The drives that are imaged from it, queued or under way, each with its owner. */
  readonly imagedOnto: readonly { readonly drive: string; readonly user: UserId }[];
};

/** @param rows those of which the drive is the source or the target, among any others */
export function imagedOf(drive: string, rows: readonly ImagingRow[]): Imaged {
  const onto = rows.find(({ target }) => target === drive);
  return {
    imaging: onto === undefined ? null : { source: onto.source, state: onto.state, error: onto.error },
    imagedOnto: rows
      .filter(({ source, state }) => source === drive && state !== "failed")
      .map(({ target, user }) => ({ drive: target, user: user as UserId })),
  };
}

/** Whether one onto the drive is queued or under way. */
export const isImaged = ({ imaging }: Imaged) => imaging !== null && imaging.state !== "failed";

/**
 * The rule itself. It names no drive on the other side, which may be another user's.
 *
 * @param use `read` for what writes nothing on the drive
 *
 * Errors: `busy`.
 */
export function judgeImaged(drive: { readonly uuid: string } & Imaged, use: "read" | "change"): void {
  if (isImaged(drive)) throw busy(`drive ${drive.uuid} is being imaged`);
  if (use === "change" && drive.imagedOnto.length > 0) {
    throw busy(`drive ${drive.uuid} is being imaged from`);
  }
}

/** What imagings have to do with the drive by now. */
async function imagedNow(tx: Tx, drive: string): Promise<Imaged> {
  const rows = await tx
    .selectFrom("imagings")
    .innerJoin("drives", "drives.uuid", "imagings.target")
    .select(["target", "source", "state", "error", "drives.user"])
    .where((row) => row.or([row("target", "=", drive), row("source", "=", drive)]))
    .execute();
  return imagedOf(drive, rows);
}

/** Errors: `busy` where an imaging forbids it. */
export async function refuseImaged(tx: Tx, drive: string, use: "read" | "change"): Promise<void> {
  judgeImaged({ uuid: drive, ...(await imagedNow(tx, drive)) }, use);
}

/** Forgets an imaging onto the drive that failed. */
export async function forgetFailed(tx: Tx, drive: string): Promise<void> {
  await tx.deleteFrom("imagings").where("target", "=", drive).where("state", "=", "failed").execute();
}
