/**
 * The file of a standard image, whose content never changes, as it comes to be one: `drives/UUID.part` while it is being
 * filled, then `drives/UUID.raw` like the volume of any drive without cipher, but owned by whoever filled it and closed
 * to writing, so that QEMU's uid could not write on it whatever it was told.
 */
import { chmod, type FileHandle, open, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { ensureFolder, PASSABLE } from "../base/folder.ts";
import { writeAll } from "../base/write-all.ts";
import { destroyVolume, diskBytes, syncFolder, type VolumeFolder, volumeName } from "../host/volumes/face.ts";

/** What is written so far is on stable storage up to a multiple of this. */
const PIECE_BYTES = 8 * 2 ** 20;
const READ_BYTES = 2 ** 20;

/** A file that is being filled: one process at a time has it open. */
export class Filling {
  readonly #folder: VolumeFolder;
  readonly #uuid: string;
  readonly #file: FileHandle;
  /** The end of what is there. */
  #atBytes: number;
  /** How much of it is on stable storage. */
  #safeBytes = 0;

  private constructor(folder: VolumeFolder, uuid: string, file: FileHandle, atBytes: number) {
    this.#folder = folder;
    this.#uuid = uuid;
    this.#file = file;
    this.#atBytes = atBytes;
  }

  /**
   * Opens the file for filling. An earlier filling is gone on with, also one that was sealed already.
   *
   * @param sizeBytes what was known of the size of the whole, 0 when nothing was
   */
  static async open(folder: VolumeFolder, uuid: string, sizeBytes: number): Promise<Filling> {
    ensureFolder(join(folder.home, "drives"), PASSABLE);
    const part = partFile(folder, uuid);
    await rename(sealedFile(folder, uuid), part).catch(absent);
    await chmod(part, 0o600).catch(absent);
    const file = await open(part, "a+", 0o600);
    return new Filling(folder, uuid, file, Math.min((await file.stat()).size, sizeBytes));
  }

  /**
   * Behind how many of the bytes that are there a filling can go on: this one, or a later one. The last byte is always
   * fetched again, so that there is something to go on with.
   */
  keptBytes(): number {
    return Math.floor(Math.max(0, this.#atBytes - 1) / PIECE_BYTES) * PIECE_BYTES;
  }

  /** Drops what is behind `offset`, where the filling goes on. */
  async cut(offset: number): Promise<void> {
    await this.#file.truncate(offset);
    await this.#file.datasync();
    this.#atBytes = offset;
    this.#safeBytes = offset;
  }

  /** Hands what is there to `take`, piece by piece. */
  async read(take: (bytes: Uint8Array) => Promise<void>): Promise<void> {
    for (let at = 0; at < this.#atBytes; ) {
      const buffer = Buffer.alloc(Math.min(READ_BYTES, this.#atBytes - at));
      const { bytesRead } = await this.#file.read(buffer, 0, buffer.length, at);
      if (bytesRead === 0) throw new Error("the file became shorter while it was read");
      await take(buffer.subarray(0, bytesRead));
      at += bytesRead;
    }
  }

  /** Writes behind what is there. */
  async append(bytes: Uint8Array): Promise<void> {
    await writeAll(this.#file, bytes, null);
    this.#atBytes += bytes.length;
    if (this.#atBytes - this.#safeBytes < PIECE_BYTES) return;
    await this.#file.datasync();
    this.#safeBytes = this.#atBytes;
  }

  /** It is whole: makes it the image's file, on stable storage. */
  async seal(): Promise<void> {
    await this.#file.truncate(diskBytes(this.#atBytes));
    await this.#file.chmod(0o444);
    await this.#file.sync();
    await rename(partFile(this.#folder, this.#uuid), sealedFile(this.#folder, this.#uuid));
    await syncFolder(this.#folder);
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

/** Removes all that there is of the image. */
export async function removeSealed(folder: VolumeFolder, uuid: string): Promise<void> {
  await rm(partFile(folder, uuid), { force: true });
  await destroyVolume(folder, uuid);
}

/** How much of a filling is there. */
export async function filledBytes(folder: VolumeFolder, uuid: string): Promise<number> {
  return (await stat(partFile(folder, uuid)).catch(absent))?.size ?? 0;
}

const partFile = ({ home }: VolumeFolder, uuid: string) => join(home, "drives", `${uuid}.part`);

const sealedFile = ({ home }: VolumeFolder, uuid: string) => join(home, volumeName({ uuid, format: "raw" }));

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}
