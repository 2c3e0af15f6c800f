/**
 * What can be done with a drive now, and why not: the one place that has the rules about claims and imagings (spec:
 * drive info, `claimed` and `claim:type`; rulings: drives). Rules alone; each answers null where it can be, else the
 * reason. A reason names no drive on the other side of an imaging, which may be another user's.
 */
import type { Reason } from "../api/reason.ts";
import type { Drive } from "./drive.ts";
import { isImaged } from "./imagings.ts";

/** What the rules look at. */
export type DriveState = Pick<Drive, "uuid" | "user" | "claimType" | "claimed" | "imaging" | "imagedOnto">;

/** Of an imaging onto it. Whoever reads must wait for it, too: what is there is neither the old nor the new content. */
const imaged = (drive: DriveState): Reason | null =>
  isImaged(drive) ? { code: "drive_imaged", sentence: `drive ${drive.uuid} is being imaged` } : null;

/** Of imagings from it that its owner asked for: one by a reader hinders nobody (ruling: drives). */
const imagedFrom = (drive: DriveState): Reason | null =>
  drive.imagedOnto.some(({ user }) => user === drive.user)
    ? { code: "drive_imaged_from", sentence: `drive ${drive.uuid} is being imaged from` }
    : null;

const usedBy = (server: string | undefined, { uuid }: DriveState): Reason | null =>
  server === undefined
    ? null
    : { code: "drive_in_use", sentence: `drive ${uuid} is in use by server ${server}` };

/** For what changes its bytes, its size or its place. */
const change = (drive: DriveState): Reason | null =>
  imaged(drive) ?? imagedFrom(drive) ?? usedBy(drive.claimed[0], drive);

export const driveCan = {
  /** Bytes of it are read by the API: always. */
  write: change,
  resize: change,
  destroy: change,
  changeClaimType: change,
  /** It becomes the target of an imaging. */
  imageOnto: change,
  /** It becomes the source of one. */
  imageFrom: imaged,

  /** A server starts with it: reading alone, as a cdrom, or writing too. */
  attach(drive: DriveState, server: string, media: "disk" | "cdrom"): Reason | null {
    const busyWith = media === "cdrom" ? imaged(drive) : (imaged(drive) ?? imagedFrom(drive));
    if (busyWith !== null || drive.claimType === "shared") return busyWith;
    const other = drive.claimed.find((claimant) => claimant !== server);
    return usedBy(other, drive);
  },
} as const;
