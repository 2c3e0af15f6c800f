/**
 * Where a download goes: a raw file with holes for what is zero, or standard output, raw or gzipped (`gzip-file.ts` has the
 * file of gzip members). Bytes come in order, so that a raw file that was broken off is whole up to its length.
 */
import { type FileHandle, open } from "node:fs/promises";
import { writeAll } from "../../base/write-all.ts";
import { pathOfText } from "../terminal/byte-text.ts";
import { writeOut } from "../terminal/outputs.ts";
import { gzipped, USUAL } from "./compress.ts";
import { dataRuns } from "./zeroes.ts";

export type Sink = {
  /** What it keeps of a chunk; may be asked for several at once. */
  encode(bytes: Uint8Array): Promise<Uint8Array>;
  /** Takes the chunk that follows those it took before, encoded. */
  append(encoded: Uint8Array, chunkBytes: number): Promise<void>;
  /** Checks that all is there and makes it last. */
  finish(sizeBytes: number): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

/** What is written is on its way to the disk while the next comes: all of it at the end would take its time again. */
const FLUSHED_BYTES = 32 * 2 ** 20;

/** A raw file with holes. */
export class SparseFile implements Sink {
  readonly #path: string;
  readonly #handle: FileHandle;
  /** A device can neither be cut nor left with holes: there, zeroes are written. */
  readonly #isFile: boolean;
  #at: number;
  #unflushedBytes = 0;
  #flushing: Promise<void> = Promise.resolve();

  private constructor(path: string, handle: FileHandle, isFile: boolean, offset: number) {
    this.#path = path;
    this.#handle = handle;
    this.#isFile = isFile;
    this.#at = offset;
  }

  /**
   * Opens it to be written from `offset` on: a new one at 0, else one that holds all before it.
   *
   * Errors: the file's own; a file that is shorter than `offset`.
   */
  static async open(path: string, offset: number): Promise<SparseFile> {
    const handle = await open(pathOfText(path), offset === 0 ? "w" : "r+");
    const isFile = (await handle.stat()).isFile();
    if (isFile) await cutTo(handle, path, offset);
    return new SparseFile(path, handle, isFile, offset);
  }

  async encode(bytes: Uint8Array): Promise<Uint8Array> {
    return bytes;
  }

  async append(bytes: Uint8Array): Promise<void> {
    const at = this.#at;
    const runs = this.#isFile ? dataRuns(bytes) : [[0, bytes.length] as const];
    for (const [start, end] of runs) {
      await writeAll(this.#handle, bytes.subarray(start, end), at + start);
      await this.#flush(end - start);
    }
    this.#at = at + bytes.length;
    if (this.#isFile) await this.#handle.truncate(this.#at);
  }

  /** Begins to flush when enough is written, behind what is flushed already. Errors: those of an earlier flush. */
  async #flush(writtenBytes: number): Promise<void> {
    this.#unflushedBytes += writtenBytes;
    if (this.#unflushedBytes < FLUSHED_BYTES) return;
    this.#unflushedBytes = 0;
    await this.#flushing;
    this.#flushing = this.#handle.datasync();
    // It is awaited before the next, or at the end.
    this.#flushing.catch(() => {});
  }

  async finish(sizeBytes: number): Promise<void> {
    await this.#flushing;
    await this.#handle.sync();
    const { size } = await this.#handle.stat();
    if (this.#isFile && size !== sizeBytes)
      throw new Error(`${this.#path} has ${size} bytes instead of ${sizeBytes}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled([this.#flushing]);
    await this.#handle.close();
  }
}

/** Standard output, raw or as gzip members. */
export function toOutput(isGzip: boolean): Sink {
  return {
    encode: async (bytes) => (isGzip ? await gzipped(bytes, USUAL) : bytes),
    append: (encoded) => writeOut(encoded),
    finish: async () => {},
    [Symbol.asyncDispose]: async () => {},
  };
}

async function cutTo(handle: FileHandle, file: string, offset: number): Promise<void> {
  const { size } = await handle.stat();
  if (size < offset) {
    await handle.close();
    throw new Error(`${file} ends at ${size}, before the offset ${offset}`);
  }
  await handle.truncate(offset);
}
