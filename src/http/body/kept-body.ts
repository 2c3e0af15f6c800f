/**
 * Where a gzipped body is kept while it is inflated for its length: in memory where it is little, else in a file without
 * a name.
 */
import { randomUUID } from "node:crypto";
import { type FileHandle, open, unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { giveBack } from "../../base/buffer-release.ts";

/** A body of up to this is kept in memory: the upload tools' chunks of 4 MiB, that did not compress at all. */
const MOST_BYTES_IN_MEMORY = 5 * 2 ** 20;
/** How many bodies may be in memory at once; further ones go to files. */
const MOST_IN_MEMORY = 16;
const READ_BYTES = 128 * 1024;

let inMemory = 0;

export type KeptBody = {
  /** Whether what the body inflates to may be kept in memory beside it. */
  readonly inMemory: boolean;
  add(chunk: Uint8Array): void | Promise<void>;
  /** All that was added, once. */
  read(): Iterable<Uint8Array> | Readable;
  /** Nobody reads what is kept any more. */
  forget(): void;
  release(): Promise<void>;
};

/** A place for a body of so many bytes. It must be released. */
export async function keepBody(lengthBytes: number): Promise<KeptBody> {
  if (lengthBytes > MOST_BYTES_IN_MEMORY || inMemory >= MOST_IN_MEMORY) return openFileBody();
  return new MemoryBody();
}

class MemoryBody implements KeptBody {
  readonly inMemory = true;
  #chunks: Uint8Array[] = [];
  #isReleased = false;

  constructor() {
    inMemory++;
  }

  add(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
  }

  read(): Iterable<Uint8Array> {
    return this.#chunks;
  }

  forget(): void {
    // A small chunk may lie in memory that it shares with others, such as Buffer's pool: that stays.
    this.#chunks.forEach(giveBack);
    this.#chunks = [];
  }

  async release(): Promise<void> {
    if (!this.#isReleased) inMemory--;
    this.#isReleased = true;
    this.#chunks = [];
  }
}

async function openFileBody(): Promise<KeptBody> {
  const name = join(tmpdir(), `lodge-body-${randomUUID()}`);
  const file = await open(name, "wx+", 0o600);
  try {
    await unlink(name);
  } catch (error) {
    await file.close();
    throw error;
  }
  return new FileBody(file);
}

class FileBody implements KeptBody {
  readonly inMemory = false;
  readonly #file: FileHandle;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async add(chunk: Uint8Array): Promise<void> {
    await this.#file.writeFile(chunk);
  }

  read(): Readable {
    return this.#file.createReadStream({ start: 0, autoClose: false, highWaterMark: READ_BYTES });
  }

  forget(): void {
    // It takes no memory.
  }

  async release(): Promise<void> {
    await this.#file.close();
  }
}
