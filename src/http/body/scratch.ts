/**
 * Files in which bodies are kept for as long as their requests last: in the cloud's home, whose disk is the one that has
 * room for what they become, and without a name, so that nothing is left of them however the daemon ends.
 */
import { randomUUID } from "node:crypto";
import { type FileHandle, mkdir, open, readdir, rm, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import type { Owner } from "../../api/command.ts";
import type { GiveBackShare } from "../../base/fair-shares.ts";
import { fileSystemOf } from "../../base/file-system.ts";
import { noScratchRoom } from "./no-scratch-room.ts";
import { SCRATCH_LIMITS, type ScratchLimits, ScratchRoom } from "./scratch-room.ts";

/** Room is taken in steps of this: a slow sender holds little more than what they sent. */
const STEP_BYTES = 2 ** 20;
const READ_BYTES = 128 * 1024;

export class Scratch {
  readonly #dir: string;
  readonly #room: ScratchRoom;

  /** @param limits other than the usual ones */
  constructor(dir: string, limits: Partial<ScratchLimits> = {}) {
    this.#dir = dir;
    this.#room = new ScratchRoom({ ...SCRATCH_LIMITS, ...limits });
  }

  /** Removes what a daemon left that was killed between making a file and taking its name away. */
  async clear(): Promise<void> {
    const names = await readdir(this.#dir).catch(() => []);
    await Promise.all(names.map((name) => rm(join(this.#dir, name), { force: true })));
  }

  /** A file for so many bytes, to be closed. Errors: `full` when they would find no room, were there nobody else. */
  async open({ user }: Owner, lengthBytes: number): Promise<ScratchFile> {
    await mkdir(this.#dir, { recursive: true, mode: 0o700 });
    await this.#look();
    if (!this.#room.canHave(user, lengthBytes)) throw noScratchRoom(lengthBytes);
    const file = await this.#unnamed();
    const take = async (bytes: number) => {
      await this.#look();
      return this.#room.take(user, bytes, lengthBytes);
    };
    return new ScratchFile(file, lengthBytes, { take, wrote: (bytes) => this.#room.wrote(bytes) });
  }

  async #look(): Promise<void> {
    this.#room.look((await fileSystemOf(this.#dir)).freeBytes);
  }

  async #unnamed(): Promise<FileHandle> {
    const name = join(this.#dir, randomUUID());
    const file = await open(name, "wx+", 0o600);
    try {
      await unlink(name);
    } catch (error) {
      await file.close();
      throw error;
    }
    return file;
  }
}

/** The room of one file's user. */
type Room = {
  /** Errors: as of ScratchRoom's. */
  take(bytes: number): Promise<GiveBackShare>;
  wrote(bytes: number): void;
};

/** Written from its begin to its end, one chunk at a time, then read; and closed. */
export class ScratchFile {
  readonly #file: FileHandle;
  readonly #lengthBytes: number;
  readonly #room: Room;
  readonly #shares: GiveBackShare[] = [];
  #takenBytes = 0;
  #writtenBytes = 0;

  constructor(file: FileHandle, lengthBytes: number, room: Room) {
    this.#file = file;
    this.#lengthBytes = lengthBytes;
    this.#room = room;
  }

  /** Errors: `full`, `busy` when there is no room for it, or not soon. */
  async write(chunk: Uint8Array): Promise<void> {
    const endBytes = this.#writtenBytes + chunk.length;
    if (endBytes > this.#takenBytes) await this.#takeUpTo(endBytes);
    try {
      await this.#file.writeFile(chunk);
    } catch (error) {
      throw isFull(error) ? noScratchRoom(this.#lengthBytes, error) : error;
    }
    this.#writtenBytes = endBytes;
    this.#room.wrote(chunk.length);
  }

  read(): Readable {
    return this.#file.createReadStream({ start: 0, autoClose: false, highWaterMark: READ_BYTES });
  }

  async close(): Promise<void> {
    try {
      await this.#file.close();
    } finally {
      this.#room.wrote(-this.#writtenBytes);
      this.#writtenBytes = 0;
      for (const giveBack of this.#shares.splice(0)) giveBack();
    }
  }

  async #takeUpTo(endBytes: number): Promise<void> {
    const stepBytes = Math.min(STEP_BYTES, this.#lengthBytes - this.#takenBytes);
    const bytes = Math.max(endBytes - this.#takenBytes, stepBytes);
    this.#shares.push(await this.#room.take(bytes));
    this.#takenBytes += bytes;
  }
}

/** Whether the disk, or what it grants this user, is full. */
const isFull = (error: unknown) =>
  error instanceof Error && "code" in error && ["ENOSPC", "EDQUOT"].includes(String(error.code));
