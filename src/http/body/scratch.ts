/**
 * Files in which bodies are kept for as long as their requests last: in the cloud's home, whose disk is the one that has
 * room for what they become, and without a name, so that nothing is left of them however the daemon ends.
 */
import { randomUUID } from "node:crypto";
import { type FileHandle, mkdir, open, readdir, rm, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { Caller } from "../../api/command.ts";
import { full } from "../../base/errors.ts";
import { FairShares } from "../../base/fair-shares.ts";
import { fileSystemOf } from "../../base/file-system.ts";

/** For all callers; and never more than a half of what is free on the disk. */
const SCRATCH_BYTES = 64 * 2 ** 30;

export type ScratchFile = { readonly file: FileHandle; close(): Promise<void> };

export class Scratch {
  readonly #dir: string;
  readonly #shares: FairShares;

  constructor(dir: string, mostBytes = SCRATCH_BYTES) {
    this.#dir = dir;
    this.#shares = new FairShares(mostBytes);
  }

  /** Removes what a daemon left that was killed between making a file and taking its name away. */
  async clear(): Promise<void> {
    const names = await readdir(this.#dir).catch(() => []);
    await Promise.all(names.map((name) => rm(join(this.#dir, name), { force: true })));
  }

  /** A file for so many bytes, to be closed. Errors: `full` when they find no room. */
  async open({ user }: Caller, bytes: number): Promise<ScratchFile> {
    const giveBack = this.#shares.tryTake(user, bytes);
    if (giveBack === null) throw noRoom(bytes);
    try {
      await mkdir(this.#dir, { recursive: true, mode: 0o700 });
      const { freeBytes } = await fileSystemOf(this.#dir);
      if (this.#shares.taken > freeBytes / 2) throw noRoom(bytes);
      const file = await this.#unnamed();
      return { file, close: () => file.close().finally(giveBack) };
    } catch (error) {
      giveBack();
      throw error;
    }
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

/** Errors of the disk as the caller is to see them. */
export function scratchError(error: unknown, bytes: number): unknown {
  const isFull =
    error instanceof Error && "code" in error && ["ENOSPC", "EDQUOT"].includes(String(error.code));
  return isFull ? noRoom(bytes, error) : error;
}

const noRoom = (bytes: number, cause?: unknown) =>
  full(
    "no_scratch_room",
    `there is no room to keep a gzipped body of ${bytes} bytes while it is inflated: send it in smaller parts`,
    { cause },
  );
