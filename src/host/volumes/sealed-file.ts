/**
 * The file of a drive whose content never changes, as it comes to be one: `drives/UUID.part` while it is being filled,
 * then `drives/UUID.raw` like that of any drive without cipher, but owned by whoever filled it and closed to writing, so
 * that QEMU's uid could not write on it whatever it was told.
 */
import { chmod, type FileHandle, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { writeAll } from "./file-handle.ts";
import { destroyVolume, diskBytes, syncFolder, type VolumeFolder, volumeName } from "./volume-file.ts";

/** What is written so far is on stable storage up to a multiple of this. */
const PIECE_BYTES = 8 * 2 ** 20;
const READ_BYTES = 2 ** 20;

export type Filling = {
  /** Behind how many of the bytes that are there a filling can go on: one now, or another later. */
  keptBytes(): number;
  /** Drops what is behind `offset`, where the filling goes on. */
  cut(offset: number): Promise<void>;
  /** Hands what is there to `take`. */
  read(take: (bytes: Uint8Array) => Promise<void>): Promise<void>;
  /** Writes behind what is there. */
  append(bytes: Uint8Array): Promise<void>;
  /** It is whole: makes it the drive's file, on stable storage. */
  seal(): Promise<void>;
  close(): Promise<void>;
};

/**
 * Opens the file for filling. An earlier filling is gone on with, also one that was sealed already.
 *
 * @param sizeBytes what was known of the size of the whole, 0 when nothing was
 */
export async function openFilling(folder: VolumeFolder, uuid: string, sizeBytes: number): Promise<Filling> {
  await mkdir(join(folder.home, "drives"), { recursive: true, mode: 0o711 });
  const sealed = join(folder.home, volumeName({ uuid, format: "raw" }));
  const part = partFile(folder, uuid);
  await rename(sealed, part).catch(absent);
  await chmod(part, 0o600).catch(absent);
  const file = await open(part, "a+", 0o600);
  let atBytes = Math.min((await file.stat()).size, sizeBytes);
  let safeBytes = 0;

  return {
    // The last byte is always fetched again, so that there is something to go on with.
    keptBytes: () => Math.floor(Math.max(0, atBytes - 1) / PIECE_BYTES) * PIECE_BYTES,
    async cut(offset) {
      await file.truncate(offset);
      await file.datasync();
      atBytes = offset;
      safeBytes = offset;
    },
    read: (take) => readAll(file, atBytes, take),
    async append(bytes) {
      await writeAll(file, bytes);
      atBytes += bytes.length;
      if (atBytes - safeBytes < PIECE_BYTES) return;
      await file.datasync();
      safeBytes = atBytes;
    },
    async seal() {
      await file.truncate(diskBytes(atBytes));
      await file.chmod(0o444);
      await file.sync();
      await rename(part, sealed);
      await syncFolder(folder);
    },
    close: () => file.close(),
  };
}

/** Removes all that there is of it. */
export async function removeSealed(folder: VolumeFolder, uuid: string): Promise<void> {
  await rm(partFile(folder, uuid), { force: true });
  await destroyVolume(folder, uuid);
}

/** How much of a filling is there. */
export async function filledBytes(folder: VolumeFolder, uuid: string): Promise<number> {
  return (await stat(partFile(folder, uuid)).catch(absent))?.size ?? 0;
}

const partFile = ({ home }: VolumeFolder, uuid: string) => join(home, "drives", `${uuid}.part`);

async function readAll(file: FileHandle, endBytes: number, take: (bytes: Uint8Array) => Promise<void>) {
  for (let at = 0; at < endBytes; ) {
    const buffer = Buffer.alloc(Math.min(READ_BYTES, endBytes - at));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) throw new Error("the file became shorter while it was read");
    await take(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}
