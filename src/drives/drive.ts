/**
 * A drive: what the cloud knows of it, as it is read out of the store, and the rules about who may do what with it.
 */
import type { Selectable } from "kysely";
import { z } from "zod";
import { type Attributes, areAttributesDamaged, readAttributes } from "../api/attributes.ts";
import { type AccessedObject, EVERYBODY, noSuchObject } from "../api/authorize.ts";
import { words } from "../api/value.ts";
import { isColumnDamaged, readColumn } from "../base/column.ts";
import { parseUuid, type UserId } from "../base/ids.ts";
import type { Cipher, IoCounters } from "../host/host.ts";
import type { DrivesTable } from "../store/tables.ts";
import { isImaged } from "./can.ts";
import { type Imaged, type ImagingRow, imagedOf } from "./imagings.ts";

/** What a standard image is besides a drive: everybody may read it, nobody may change it. */
export type Standard = {
  readonly media: "disk" | "cdrom";
  /** Null for one that holds a disk's bytes as they are. */
  readonly format: "gzip" | null;
  /** The size of what it is an image of. */
  readonly rawSizeBytes: number;
  /** Of its content; null where it was not read for it: the image was a drive, and is known by its uuid. */
  readonly sha256: string | null;
};

/** The column of it; nothing is known yet of one that is being imported. */
export type StandardColumn = Pick<Standard, "media" | "format"> & {
  readonly rawSizeBytes: number | null;
  readonly sha256: string | null;
};

/** What is read of a drive to destroy it: also of one whose row is damaged elsewhere. */
export type EndingDrive = Imaged & {
  readonly uuid: string;
  readonly user: UserId;
  /** The name of the host that it is on. */
  readonly host: string;
  readonly generation: number;
  readonly claimType: "exclusive" | "shared";
  /** The uuids of the servers that claim it, as far as the caller may know them. */
  readonly claimed: readonly string[];
};

export type Drive = EndingDrive & {
  readonly sizeBytes: number;
  readonly cipher: Cipher;
  readonly wrappedSecret: string | null;
  /** name, readers, tags, user:*, avoid, tier */
  readonly attributes: Attributes;
  readonly io: IoCounters;
  /** Null for a user's drive. */
  readonly standard: Standard | null;
};

/** The columns that `driveOf` reads. */
export type DriveRow = Pick<
  Selectable<DrivesTable>,
  | "uuid"
  | "user"
  | "host"
  | "generation"
  | "size_bytes"
  | "cipher"
  | "wrapped_secret"
  | "claim_type"
  | "properties"
  | "standard"
  | "read_bytes"
  | "read_requests"
  | "write_bytes"
  | "write_requests"
>;

/**
 * Errors: `failed`, naming the drive, when its row is damaged.
 *
 * @param imagings those of which it is the source or the target, among any others
 */
export function driveOf(
  row: DriveRow,
  claimed: readonly string[],
  imagings: readonly ImagingRow[] = [],
): Drive {
  return {
    ...endingDriveOf(row, claimed, imagings),
    sizeBytes: row.size_bytes,
    cipher: row.cipher,
    wrappedSecret: row.wrapped_secret,
    attributes: readAttributes(row.properties, `drive ${row.uuid}`),
    standard: row.standard === null ? null : readColumn(STANDARD, row.standard, `drive ${row.uuid}`),
    io: {
      readBytes: row.read_bytes,
      readRequests: row.read_requests,
      writeBytes: row.write_bytes,
      writeRequests: row.write_requests,
    },
  };
}

/** @param imagings as of `driveOf` */
export const endingDriveOf = (
  row: Pick<DriveRow, "uuid" | "user" | "host" | "generation" | "claim_type">,
  claimed: readonly string[],
  imagings: readonly ImagingRow[],
): EndingDrive => ({
  ...imagedOf(row.uuid, imagings),
  uuid: row.uuid,
  user: row.user as UserId,
  host: row.host,
  generation: row.generation,
  claimType: row.claim_type,
  claimed,
});

/** The column of a standard image whose content is there. */
export const STANDARD = z.object({
  media: z.enum(["disk", "cdrom"]),
  format: z.literal("gzip").nullable(),
  rawSizeBytes: z.int(),
  sha256: z.string().nullable(),
});

/** Of one whose content is still to come. */
export const UNFINISHED = STANDARD.extend({ rawSizeBytes: z.int().nullable() });

/** The columns that are damaged. */
export function damagedDriveColumns({
  phase,
  properties,
  standard,
}: Pick<Selectable<DrivesTable>, "phase" | "properties" | "standard">): readonly string[] {
  const schema = phase === "ready" ? STANDARD : UNFINISHED;
  return [
    ...(areAttributesDamaged(properties) ? ["properties"] : []),
    ...(standard !== null && isColumnDamaged(schema, standard) ? ["standard"] : []),
  ];
}

/** The drive as `authorize` sees it. */
export function accessedDrive(
  drive: Pick<Drive, "uuid" | "user" | "attributes" | "standard">,
): AccessedObject {
  const { uuid, user: owner, attributes, standard } = drive;
  return {
    kind: "drive",
    uuid,
    owner,
    readers: words(attributes.readers ?? ""),
    standard: standard !== null,
  };
}

/**
 * The drive as an asker may see it. A reader learns of no object that is not theirs: neither who else may read the drive,
 * nor what its owner avoided, nor which servers use it, but for their own, nor why an imaging failed, which names its
 * source.
 *
 * @param own the asker's servers among those that claim it
 */
export function driveSeenBy(drive: Drive, user: UserId, own: readonly string[]): Drive {
  if (drive.user === user) return drive;
  const { avoid: _, ...attributes } = drive.attributes;
  const readers = words(drive.attributes.readers ?? "").filter(
    (reader) => reader === user || reader === EVERYBODY,
  );
  const seen = { ...attributes, readers: readers.join(" ") };
  return { ...drive, attributes: seen, claimed: own, imaging: isImaged(drive) ? drive.imaging : null };
}

/**
 * The uuid in a word of the URL. Errors: `missing` in the same words for a malformed, a foreign and an unknown one.
 */
export function driveWord(word: string | undefined): string {
  const uuid = parseUuid(word ?? "");
  if (uuid === null) throw noSuchDrive(word ?? "");
  return uuid;
}

export const noSuchDrive = (uuid: string) => noSuchObject({ kind: "drive", uuid });
