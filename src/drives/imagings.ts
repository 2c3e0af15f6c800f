/**
 * Imagings as they stand in the store: what is to become of a target, and why it did not come about. What they forbid is
 * among the rules of `can.ts`.
 */
import type { Selectable } from "kysely";
import type { UserId } from "../base/ids.ts";
import type { Tx } from "../store/store.ts";
import type { ImagingsTable } from "../store/tables.ts";

/** What is to happen to a drive, or did not come about. */
export type Imaging = {
  /** The drive that it is of; null where it is of a URL. */
  readonly source: string | null;
  readonly state: ImagingsTable["state"];
  /** Why it failed, a sentence. */
  readonly error: string | null;
};

/** An imaging's row with the owner of its target, who asked for it. */
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
    imaging: onto === undefined ? null : imagingOf(onto),
    imagedOnto: rows
      .filter(({ source, state }) => source === drive && state !== "failed")
      .map(({ target, user }) => ({ drive: target, user: user as UserId })),
  };
}

const imagingOf = ({ source, state, error }: ImagingRow): Imaging => ({
  ...{ source: source === FROM_URL ? null : source, state, error },
});

/** What stands in the place of a source where it is a URL. */
export const FROM_URL = "";

/** All of which the drive is the source or the target. */
export function imagingsOf(tx: Tx, drive: string): Promise<ImagingRow[]> {
  return tx
    .selectFrom("imagings")
    .innerJoin("drives", "drives.uuid", "imagings.target")
    .select(["target", "source", "state", "error", "drives.user"])
    .where((row) => row.or([row("target", "=", drive), row("source", "=", drive)]))
    .execute();
}

/** Leaves the reason why an imaging failed for callers to read (spec: drive info, `imaging:error`). */
export async function failImaging(tx: Tx, target: string, reason: string): Promise<void> {
  await tx
    .updateTable("imagings")
    .set({ state: "failed", error: reason, wrapped_url: null })
    .where("target", "=", target)
    .execute();
}

/** Forgets an imaging onto the drive that failed. */
export async function forgetFailed(tx: Tx, drive: string): Promise<void> {
  await tx.deleteFrom("imagings").where("target", "=", drive).where("state", "=", "failed").execute();
}
