/**
 * The space on the disk, at a cost that does not grow with the number of drives: what is free is asked of the file
 * system, and what the drives' files take is counted in the background, a few files at a time, again and again.
 *
 * Whoever places a drive takes `freeBytes + allocatedBytes` for what drives may have. The rule: that sum is never above
 * the space that there is, but by what guests gave back (discarded) since the last count while others than drives took
 * as much of the disk; so for one round of counting at most. It holds because a drive that grows takes from what is
 * free at once and is counted later; a file that is removed or replaced is taken off at once; and what is given back
 * otherwise shows as more that is free: the sum of a whole count is remembered, and no answer is above it.
 */
import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { fileSystemOf } from "../../base/file-system.ts";
import type { DiskSpace } from "../host.ts";

/** Files that are looked at before others have their turn. */
const FILES_AT_ONCE = 32;
const COUNT_EVERY_MS = 30_000;
const BLOCK_BYTES = 512;

export class DiskSpaceCount {
  readonly #folder: string;
  readonly #onTrouble: (error: unknown) => void;
  /** What each file took when it was counted last. */
  readonly #files = new Map<string, number>();
  #allocatedBytes = 0;
  /** What was free and what files took together, at the last whole count. */
  #sumBytes = Number.POSITIVE_INFINITY;
  #counting: Promise<void> | null = null;
  #isCounted = false;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /** @param folder where the files are; what else lies there counts as well */
  constructor(folder: string, onTrouble: (error: unknown) => void) {
    this.#folder = folder;
    this.#onTrouble = onTrouble;
  }

  /** Errors: the file system's. */
  async space(): Promise<DiskSpace> {
    if (!this.#isCounted) await this.count();
    const freeBytes = await this.#freeBytes();
    return {
      freeBytes,
      allocatedBytes: Math.max(0, Math.min(this.#allocatedBytes, this.#sumBytes - freeBytes)),
    };
  }

  /** Counts all files; whoever asks while a count goes on shares it. Errors: the file system's. */
  count(): Promise<void> {
    this.#counting ??= this.#countAll().finally(() => {
      this.#counting = null;
      this.#countLater();
    });
    return this.#counting;
  }

  /** The file of that name (in whatever folder it is said to be) has gone: what it took was given back. */
  forget(name: string): void {
    this.#set(basename(name), 0);
  }

  /** Another file has taken the place of the one of that name. */
  look(name: string): Promise<void> {
    return this.#look(basename(name));
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #countLater(): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    this.#timer = setTimeout(() => this.count().catch(this.#onTrouble), COUNT_EVERY_MS).unref();
  }

  async #countAll(): Promise<void> {
    const freeBytes = await this.#freeBytes();
    const names = await readdir(this.#folder);
    const there = new Set(names);
    for (const name of [...this.#files.keys()]) if (!there.has(name)) this.#set(name, 0);
    for (let at = 0; at < names.length && !this.#closed; at += FILES_AT_ONCE) {
      await Promise.all(names.slice(at, at + FILES_AT_ONCE).map((name) => this.#look(name)));
      await turn(undefined, { ref: false });
    }
    this.#sumBytes = freeBytes + this.#allocatedBytes;
    this.#isCounted = true;
  }

  async #look(name: string): Promise<void> {
    const found = await stat(join(this.#folder, name)).catch((error: NodeJS.ErrnoException) => {
      // A file that goes meanwhile takes nothing.
      if (error.code !== "ENOENT") this.#onTrouble(error);
      return null;
    });
    this.#set(name, (found?.blocks ?? 0) * BLOCK_BYTES);
  }

  #set(name: string, bytes: number): void {
    this.#allocatedBytes += bytes - (this.#files.get(name) ?? 0);
    if (bytes === 0) this.#files.delete(name);
    else this.#files.set(name, bytes);
  }

  async #freeBytes(): Promise<number> {
    return (await fileSystemOf(this.#folder)).freeBytes;
  }
}

/** The same for whoever asks once: by a count of its own. */
export async function countDiskSpace(folder: string): Promise<DiskSpace> {
  const count = new DiskSpaceCount(folder, (error) => {
    throw error;
  });
  try {
    return await count.space();
  } finally {
    count.close();
  }
}
