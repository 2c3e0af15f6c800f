/**
 * What a server said last on its serial port, on the disk: two files, of which the one is filled and takes the other's place
 * once it is full. So there is always as much as is shown, twice that at most, and a crash leaves all that was written.
 */
import { appendFileSync } from "node:fs";
import { appendFile, open, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { within } from "../../../base/deadline.ts";

/** How much of it is shown. */
export const HISTORY_BYTES = 2 ** 18;

/** How long the disk may take to tell it. */
const READ_MS = 5_000;

const SUFFIXES = { filled: ".log", full: ".full.log" } as const;

/** The server whose file in the folder it is, null where it is none. */
export function serverOfFile(name: string): string | null {
  const suffix = [SUFFIXES.full, SUFFIXES.filled].find((each) => name.endsWith(each));
  return suffix === undefined ? null : name.slice(0, -suffix.length);
}

/** All that is asked of it is done in the order in which it was asked. */
export class History {
  readonly #filled: string;
  readonly #full: string;
  /** Of the one that is filled; null where it is not known yet. */
  #filledBytes: number | null = null;
  #work: Promise<unknown> = Promise.resolve();

  constructor(folder: string, uuid: string) {
    this.#filled = join(folder, uuid + SUFFIXES.filled);
    this.#full = join(folder, uuid + SUFFIXES.full);
  }

  /** Errors: the disk's; then it is lost, or a part of it. */
  append(bytes: Buffer): Promise<void> {
    return this.#next(async () => {
      const before = this.#filledBytes ?? (await sizeOf(this.#filled));
      // Until it has come about, nobody knows how much is there.
      this.#filledBytes = null;
      if (before >= HISTORY_BYTES) await rename(this.#filled, this.#full);
      await appendFile(this.#filled, bytes, { mode: 0o600 });
      this.#filledBytes = bytes.length + (before >= HISTORY_BYTES ? 0 : before);
    });
  }

  /** The same at once, as the daemon ends; what is still being written may come after it. */
  appendLast(bytes: Buffer): void {
    appendFileSync(this.#filled, bytes, { mode: 0o600 });
  }

  /** The last of all that was appended before this was asked for. Errors: the disk's; DeadlineExceeded. */
  read(): Promise<Buffer> {
    const read = this.#next(async () => {
      const last = await tail(this.#filled, HISTORY_BYTES);
      if (last.length === HISTORY_BYTES) return last;
      return Buffer.concat([await tail(this.#full, HISTORY_BYTES - last.length), last]);
    });
    return within(READ_MS, "the reading of what a server said", read);
  }

  /** Removes it. */
  clear(): Promise<void> {
    return this.#next(async () => {
      this.#filledBytes = null;
      for (const path of [this.#full, this.#filled]) await rm(path, { force: true });
    });
  }

  #next<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#work.then(work);
    this.#work = done.catch(() => {});
    return done;
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return 0;
    throw error;
  }
}

/** The last bytes of the file, at most so many; none where there is no file. */
async function tail(path: string, most: number): Promise<Buffer> {
  const file = await open(path, "r").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  if (file === null) return Buffer.alloc(0);
  try {
    const { size } = await file.stat();
    const length = Math.min(size, most);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
