/**
 * What a volume is on disk: one sparse file, `drives/UUID.raw` or `drives/UUID.qcow2`. Its size is the volume's rounded
 * up to whole sectors; the API never shows what was added, and growing the volume clears it first.
 */
import { type FileHandle, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { failed } from "../../base/errors.ts";
import { parseUuid } from "../../base/ids.ts";
import { writeAll } from "../../base/write-all.ts";
import type { Volume } from "../host.ts";
import { diskFull, isOutOfSpace } from "./faults.ts";
import { changeFile, syncDirectory } from "./file-handle.ts";
import { makeLuksHeader } from "./luks.ts";
import { emptyQcow2, HEADER_BYTES, isSelfContained } from "./qcow2.ts";

const SECTOR_BYTES = 512;
const FORMATS = ["raw", "qcow2"] as const;
const NAME = /^([0-9a-f-]{36})\.(?:raw|qcow2)(\.new)?$/;
/** Where the header of a qcow2 file has the size. */
const QCOW2_SIZE_AT = 24;
const QCOW2_LONGER = 1.1;
const QCOW2_BESIDE_BYTES = 64 * 2 ** 20;
/** A file that is being made: it is none yet. */
const UNFINISHED = ".new";

/** Where volumes are kept, and the uid that their files belong to (null: our own). */
export type VolumeFolder = {
  readonly home: string;
  readonly uid: number | null;
};

type Named = Pick<Volume, "uuid" | "format"> & { readonly staging?: true };

/** The file's name within the home, which is QEMU's working directory. */
export function volumeName({ uuid, format, staging }: Named): string {
  return `drives/${uuid}.${format}${staging ? UNFINISHED : ""}`;
}

/** The names that the file of a volume may have. */
export const volumeNames = (volume: Omit<Named, "format">): string[] =>
  FORMATS.map((format) => volumeName({ ...volume, format }));

/** The secret of a volume that is encrypted: it has one. */
export function secretOf({ uuid, secret }: Volume): string {
  if (secret === null) throw new Error(`drive ${uuid} is encrypted and came without its secret`);
  return secret;
}

/** What a volume's bytes are wrapped in. Errors: `failed` for what cannot be opened, since holes would be noise. */
export function layout({ uuid, format, cipher }: Volume): "raw" | "qcow2" | "luks-qcow2" {
  if (cipher === "none") return format;
  if (format === "raw")
    throw failed("storage_failed", `drive ${uuid} is encrypted, and a raw file cannot be`);
  return "luks-qcow2";
}

/** A volume's size as a disk has it: in whole sectors. */
export function diskBytes(sizeBytes: number): number {
  return Math.ceil(sizeBytes / SECTOR_BYTES) * SECTOR_BYTES;
}

/**
 * The end of the longest file that a volume's can become: a qcow2 file has tables beside its clusters, of 10 bytes
 * for each of 64 KiB or of 18 for each of 128, and clusters that a crash left without use.
 */
export function longestBytes({ format, sizeBytes }: Pick<Volume, "format" | "sizeBytes">): number {
  const bytes = diskBytes(sizeBytes);
  return format === "raw" ? bytes : Math.ceil(bytes * QCOW2_LONGER) + QCOW2_BESIDE_BYTES;
}

/**
 * Makes the file of a new volume, which reads as zeroes; it is there whole and on stable storage, or not at all. Does
 * nothing when it is there. Errors: `full`.
 */
export async function createVolume(folder: VolumeFolder, volume: Volume): Promise<void> {
  const found = await stat(join(folder.home, volumeName(volume))).catch(absent);
  if (found === undefined) await emptyVolume(folder, volume);
}

/** Puts an empty file in the place of a volume's that nobody has open: it reads as zeroes. Errors: `full`. */
export async function emptyVolume(folder: VolumeFolder, volume: Volume): Promise<void> {
  const path = join(folder.home, volumeName(volume));
  const unfinished = path + UNFINISHED;
  try {
    await makeEmptyFile(folder, unfinished, volume);
    await rename(unfinished, path);
    await syncFolder(folder);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw outOfSpaceError(error);
  }
}

async function makeEmptyFile(folder: VolumeFolder, path: string, volume: Volume): Promise<void> {
  const bytes = diskBytes(volume.sizeBytes);
  const { parts, fileBytes } =
    layout(volume) === "raw" ? { parts: [], fileBytes: bytes } : emptyQcow2(bytes, await luksHeader(volume));
  await changeFile(path, "w", async (file) => {
    await giveToQemu(folder, file);
    await file.truncate(fileBytes);
    for (const part of parts) await writeAll(file, part.bytes, part.offset);
  });
}

function luksHeader(volume: Volume): Promise<Buffer> | null {
  if (volume.cipher === "none") return null;
  return makeLuksHeader(volume.uuid, secretOf(volume));
}

/**
 * To be sure of before the volume's file is opened where others' are seen: whoever took a server's QEMU over has written
 * what they liked on it. Errors: `failed` for a file that leads to others; the system's.
 */
export async function ensureSelfContained({ home }: VolumeFolder, volume: Volume): Promise<void> {
  if (volume.format === "raw") return;
  const file = await open(join(home, volumeName(volume)), "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0);
    if (isSelfContained(buffer.subarray(0, bytesRead))) return;
  } finally {
    await file.close();
  }
  throw failed("storage_failed", `the file of drive ${volume.uuid} is damaged`);
}

/** Makes the file one of QEMU's user, and of nobody else. */
export async function giveToQemu({ uid }: VolumeFolder, file: FileHandle): Promise<void> {
  await file.chmod(0o600);
  if (uid !== null) await file.chown(uid, uid);
}

/**
 * Grows or shrinks the file of a raw volume that nobody has open. What a shrink cut off, and what a guest wrote behind
 * the end within the last sector, does not come back. Repeating it, whole or half done, is harmless for as long as nothing
 * was written since.
 */
export async function resizeRaw({ home }: VolumeFolder, volume: Volume, sizeBytes: number): Promise<void> {
  await changeFile(join(home, volumeName(volume)), "r+", async (file) => {
    await file.truncate(Math.min(volume.sizeBytes, sizeBytes));
    await file.truncate(diskBytes(sizeBytes));
  }).catch((error: unknown) => {
    throw outOfSpaceError(error);
  });
}

/** Removes the file of a drive, whatever its format, if there is one; answers by which names there is none now. */
export async function destroyVolume(folder: VolumeFolder, uuid: string): Promise<string[]> {
  const names = volumeNames({ uuid });
  for (const name of names) await rm(join(folder.home, name), { force: true });
  await syncFolder(folder);
  return names;
}

/**
 * What a drive's file is by itself: its format, and its size in whole sectors, which a qcow2 file has in its header (QEMU
 * docs/interop/qcow2.txt, bytes 24 to 31). Null when there is no file of it.
 */
export async function describeVolume(
  { home }: VolumeFolder,
  uuid: string,
): Promise<{ readonly format: Volume["format"]; readonly sizeBytes: number } | null> {
  for (const format of FORMATS) {
    const file = await open(join(home, volumeName({ uuid, format }))).catch(absent);
    if (file === undefined) continue;
    try {
      if (format === "raw") return { format, sizeBytes: (await file.stat()).size };
      const { buffer } = await file.read(Buffer.alloc(8), 0, 8, QCOW2_SIZE_AT);
      return { format, sizeBytes: Number(buffer.readBigUInt64BE()) };
    } finally {
      await file.close();
    }
  }
  return null;
}

/** The uuids of the drives whose files are there. What else lies there is not looked at. */
export async function listVolumes({ home }: VolumeFolder): Promise<string[]> {
  const found = new Set<string>();
  for (const entry of await readdir(join(home, "drives"), { withFileTypes: true })) {
    const [, name, unfinished] = NAME.exec(entry.name) ?? [];
    const uuid = name === undefined || unfinished !== undefined ? null : parseUuid(name);
    if (uuid !== null && entry.isFile()) found.add(uuid);
  }
  return [...found];
}

/**
 * Clears away what an interrupted creation or copy left: it never was a drive's file. Nothing else is touched, and what
 * cannot be removed is reported and stays.
 */
export async function removeUnfinished(
  { home }: VolumeFolder,
  onTrouble: (error: unknown) => void,
): Promise<void> {
  for (const name of await readdir(join(home, "drives"))) {
    if (NAME.exec(name)?.[2] === undefined) continue;
    await rm(join(home, "drives", name), { force: true }).catch(onTrouble);
  }
}

/** Makes what was renamed or removed in the folder last. */
export const syncFolder = ({ home }: VolumeFolder) => syncDirectory(join(home, "drives"));

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

/** Says `full` for what the file system calls by several names. */
export function outOfSpaceError(error: unknown): unknown {
  return isOutOfSpace(error) ? diskFull(error) : error;
}
