/** A download's file of gzip members, one for each chunk, which can be gone on with behind those that are whole. */
import { type FileHandle, open } from "node:fs/promises";
import { writeAll } from "../../base/write-all.ts";
import { pathOfText } from "../terminal/byte-text.ts";
import { gzipped, USUAL } from "./compress.ts";
import { wholeMembers } from "./gzip-members.ts";
import type { Sink } from "./sink.ts";

export class GzipFile implements Sink {
  readonly #path: string;
  readonly #handle: FileHandle;
  #contentBytes: number;

  private constructor(path: string, handle: FileHandle, offset: number) {
    this.#path = path;
    this.#handle = handle;
    this.#contentBytes = offset;
  }

  /**
   * Opens it to be written from `offset` of the drive on: a new one at 0, else one whose members hold all before it. What
   * stands behind those is cut off.
   *
   * Errors: the file's own; a file without the end of a member at `offset`.
   */
  static async open(path: string, offset: number): Promise<GzipFile> {
    if (offset > 0) await cutBehind(path, offset);
    return new GzipFile(path, await open(pathOfText(path), offset === 0 ? "w" : "a"), offset);
  }

  encode(bytes: Uint8Array): Promise<Uint8Array> {
    return gzipped(bytes, USUAL);
  }

  async append(member: Uint8Array, chunkBytes: number): Promise<void> {
    await writeAll(this.#handle, member, null);
    this.#contentBytes += chunkBytes;
  }

  async finish(sizeBytes: number): Promise<void> {
    await this.#handle.sync();
    if (this.#contentBytes !== sizeBytes)
      throw new Error(`${this.#path} holds ${this.#contentBytes} bytes instead of ${sizeBytes}`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#handle.close();
  }
}

/**
 * How much of a drive the whole members of a file hold: where a download goes on. No file, and an empty one, hold nothing.
 *
 * Errors: the file's own; a file with something else in it, which would be lost.
 */
export async function gzippedBytes(path: string): Promise<number> {
  let handle: FileHandle;
  try {
    handle = await open(pathOfText(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return 0;
    throw error;
  }
  await using file = handle;
  const { contentBytes } = await wholeMembers(file, Infinity);
  if (contentBytes === 0 && (await file.stat()).size > 0)
    throw new Error(`${path} holds no whole chunk of a gzipped download: leave out -r to begin it anew`);
  return contentBytes;
}

async function cutBehind(path: string, offset: number): Promise<void> {
  await using handle = await open(pathOfText(path), "r+");
  const { fileBytes, contentBytes } = await wholeMembers(handle, offset);
  if (contentBytes < offset)
    throw new Error(
      `${path} holds ${contentBytes} bytes of the drive whole, and not all before the offset ${offset}`,
    );
  if (contentBytes > offset)
    throw new Error(
      `${path} has no chunk that ends at the offset ${offset}: resume with -r, which finds where it ends`,
    );
  await handle.truncate(fileBytes);
}
