/**
 * What can be done with a drive now, and why not: the one place that has the rules about claims and imagings (spec:
 * drive info, `claimed` and `claim:type`; rulings: drives). Rules alone; each answers null where it can be, else the
 * reason. A reason names no drive on the other side of an imaging, which may be another user's.
 *
 * The file runs in a browser as it stands: it imports types alone, and what it looks at can be read off an answer.
 */
import type { Reason } from "../api/reason.ts";

/** What the rules look at: of a drive of the store, or as `driveStateOf` reads it off an answer. */
export type DriveState = {
  readonly uuid: string;
  readonly user: string;
  readonly claimType: "exclusive" | "shared";
  /** The servers that claim it. */
  readonly claimed: readonly string[];
  /** The imaging onto it. */
  readonly imaging: {
    readonly state: "queued" | "running" | "failed";
    /** The drive that it is of; null where it is of a URL. */
    readonly source: string | null;
  } | null;
  /** Who asked for the imagings from it that are queued or under way. */
  readonly imagedOnto: readonly { readonly user: string }[];
};

/** Whether an imaging onto the drive is queued or under way. */
export const isImaged = ({ imaging }: Pick<DriveState, "imaging">): boolean =>
  imaging !== null && imaging.state !== "failed";

/** Whether it is one from a URL, which may take as long as whoever sends it likes: its owner may end it. */
export const isFetched = (drive: Pick<DriveState, "imaging">): boolean =>
  isImaged(drive) && drive.imaging?.source === null;

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
  /** That ends an imaging onto it from a URL. */
  destroy: (drive: DriveState): Reason | null => (isFetched(drive) ? null : change(drive)),
  changeClaimType: change,
  /** It becomes a standard image, whose bytes never change. */
  seal: change,
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

/** The keys of a drive's `info` that say what can be done with it. */
export type DriveAnswer = {
  readonly drive: string;
  readonly user: string;
  readonly "claim:type"?: string;
  /** Of servers, and of drives that it is imaged from or onto. */
  readonly claimed?: string | readonly string[];
  readonly imaging?: string | boolean;
};

/**
 * The state of a drive as its owner is answered it.
 *
 * @param isDrive whether that uuid is of a drive of the owner's, as their list of drives says
 */
export function driveStateOf(answer: DriveAnswer, isDrive: (uuid: string) => boolean): DriveState {
  const { drive: uuid, user, claimed = [], imaging } = answer;
  const uuids = typeof claimed === "string" ? claimed.split(" ") : claimed;
  return {
    ...{ uuid, user, claimType: answer["claim:type"] === "shared" ? "shared" : "exclusive" },
    claimed: uuids.filter((claimant) => !isDrive(claimant)),
    // While it is imaged no server has it: what it is claimed by is its source.
    imaging:
      imaging === undefined
        ? null
        : { state: imaging === "queued" ? "queued" : "running", source: uuids[0] ?? null },
    // What it is imaged from is among them too, but nothing else matters then.
    imagedOnto: uuids.filter(isDrive).map(() => ({ user })),
  };
}
