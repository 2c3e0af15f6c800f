/**
 * What a drive is on disk: one sparse file, `drives/UUID.raw` with cipher `none`, and `drives/UUID.qcow2`, encrypted
 * with LUKS, with `aes-xts-plain`. Its size is the drive's rounded up to whole sectors; the API never shows what was
 * added, and growing the drive clears it first.
 */
import { randomUUID } from "node:crypto";
import {
  chown,
  copyFile,
  type FileHandle,
  open,
  readdir,
  rename,
  rm,
  stat,
  statfs,
  truncate,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { writeAll } from "../../base/write-all.ts";
import type { Cipher, DriveImage } from "../host.ts";
import { diskFull, isOutOfSpace } from "./faults.ts";
import { makeLuksHeader } from "./luks.ts";
import { emptyQcow2 } from "./qcow2.ts";

const SECTOR_BYTES = 512;
const NAME = /^([0-9a-f-]{36})\.(?:raw|qcow2)$/;
/** A file that is being made: it is none yet. */
const UNFINISHED = ".new";

/** Where drives are kept, and the uid that their files belong to (null: our own). */
export type ImageFolder = {
  readonly home: string;
  /** On tmpfs where possible. */
  readonly scratchDir: string;
  readonly uid: number | null;
};

/**
 * What is to become a drive's file once it is filled: open to QEMU as a drive is, under a uuid of its own, and cleared
 * away at the next start if it comes to nothing.
 */
export type Workpiece = DriveImage & { readonly unfinished: true };

type Named = { readonly uuid: string; readonly cipher: Cipher; readonly unfinished?: true };

/** The file's name within the home, which is QEMU's working directory. */
export function imageName({ uuid, cipher, unfinished }: Named): string {
  return `drives/${uuid}.${cipher === "none" ? "raw" : "qcow2"}${unfinished ? UNFINISHED : ""}`;
}

/** The secret of a drive that is encrypted: it has one. */
export function secretOf({ uuid, secret }: DriveImage): string {
  if (secret === null) throw new Error(`drive ${uuid} is encrypted and came without its secret`);
  return secret;
}

/** A drive's size as a disk has it: in whole sectors. */
export function diskBytes(sizeBytes: number): number {
  return Math.ceil(sizeBytes / SECTOR_BYTES) * SECTOR_BYTES;
}

/**
 * Makes the file of a new drive, which reads as zeroes; it is there whole and on stable storage, or not at all. Does
 * nothing when it is there. Errors: `full`.
 */
export async function createImage(folder: ImageFolder, drive: DriveImage): Promise<void> {
  if (!(await exists(join(folder.home, imageName(drive))))) await emptyImage(folder, drive);
}

/** Puts an empty file in the place of a drive's that nobody has open: it reads as zeroes. Errors: `full`. */
export async function emptyImage(folder: ImageFolder, drive: DriveImage): Promise<void> {
  const path = join(folder.home, imageName(drive));
  const bytes = diskBytes(drive.sizeBytes);
  const { parts, fileBytes } =
    drive.cipher === "none"
      ? { parts: [], fileBytes: bytes }
      : emptyQcow2(bytes, await makeLuksHeader(drive.uuid, secretOf(drive), folder.scratchDir));
  const unfinished = path + UNFINISHED;
  try {
    await changeFile(unfinished, "w", async (file) => {
      await file.chmod(0o600);
      if (folder.uid !== null) await file.chown(folder.uid, folder.uid);
      await file.truncate(fileBytes);
      for (const { offset, bytes } of parts) await writeAll(file, bytes, offset);
    });
    await rename(unfinished, path);
    await syncFolder(folder);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw noRoom(error);
  }
}

/** Makes a copy of the drive's file, which is empty and which nobody has open, beside it. Errors: `full`. */
export async function makeWorkpiece(folder: ImageFolder, drive: DriveImage): Promise<Workpiece> {
  const work = { ...drive, uuid: randomUUID(), unfinished: true } as const;
  const path = join(folder.home, imageName(work));
  try {
    if (drive.cipher === "none") await writeFile(path, "", { mode: 0o600, flag: "wx" });
    else await copyFile(join(folder.home, imageName(drive)), path);
    await truncate(path, (await stat(join(folder.home, imageName(drive)))).size);
    if (folder.uid !== null) await chown(path, folder.uid, folder.uid);
    return work;
  } catch (error) {
    await discard(folder, work);
    throw noRoom(error);
  }
}

/** Makes the workpiece the file of the drive, which nobody has open; it is on stable storage then. */
export async function putInPlace(folder: ImageFolder, work: Workpiece, drive: DriveImage): Promise<void> {
  const path = join(folder.home, imageName(work));
  await changeFile(path, "r+", async () => {});
  await rename(path, join(folder.home, imageName(drive)));
  await syncFolder(folder);
}

/** Removes the workpiece, if it is still there. */
export async function discard({ home }: ImageFolder, work: Workpiece): Promise<void> {
  await rm(join(home, imageName(work)), { force: true });
}

/**
 * Grows or shrinks the file of a drive without cipher that nobody has open. What a shrink cut off, and what a guest
 * wrote behind the end within the last sector, does not come back. Repeating it, whole or half done, is harmless.
 */
export async function resizeRaw({ home }: ImageFolder, drive: DriveImage, sizeBytes: number): Promise<void> {
  await changeFile(join(home, imageName(drive)), "r+", async (file) => {
    await file.truncate(Math.min(drive.sizeBytes, sizeBytes));
    await file.truncate(diskBytes(sizeBytes));
  }).catch((error: unknown) => {
    throw noRoom(error);
  });
}

/** Removes the drive's file, if there is one. */
export async function destroyImage(folder: ImageFolder, uuid: string): Promise<void> {
  for (const cipher of ["none", "aes-xts-plain"] as const) {
    await rm(join(folder.home, imageName({ uuid, cipher })), { force: true });
  }
  await syncFolder(folder);
}

/** The uuids of the drives whose files are there. */
export async function listImages({ home }: ImageFolder): Promise<string[]> {
  const names = await readdir(join(home, "drives"));
  return names.flatMap((name) => NAME.exec(name)?.[1] ?? []);
}

/** Clears away what an interrupted creation or imaging left. */
export async function removeUnfinished({ home }: ImageFolder): Promise<void> {
  for (const name of await readdir(join(home, "drives"))) {
    if (name.endsWith(UNFINISHED)) await rm(join(home, "drives", name), { force: true });
  }
}

/** What is free on the disk, and what the drives' files take of it. */
export async function imageSpace({
  home,
}: ImageFolder): Promise<{ freeBytes: number; allocatedBytes: number }> {
  const folder = join(home, "drives");
  const disk = await statfs(folder);
  let allocatedBytes = 0;
  for (const name of await readdir(folder)) {
    // A file that goes meanwhile takes nothing.
    const found = await stat(join(folder, name)).catch(() => null);
    allocatedBytes += (found?.blocks ?? 0) * 512;
  }
  return { freeBytes: disk.bavail * disk.bsize, allocatedBytes };
}

async function changeFile(
  path: string,
  flags: string,
  change: (file: FileHandle) => Promise<void>,
): Promise<void> {
  const file = await open(path, flags, 0o600);
  try {
    await change(file);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes what was renamed or removed in the folder last. */
export async function syncFolder({ home }: ImageFolder): Promise<void> {
  const folder = await open(join(home, "drives"), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}

/** Says `full` for what the file system calls by several names. */
function noRoom(error: unknown): unknown {
  return isOutOfSpace(error) ? diskFull(error) : error;
}
