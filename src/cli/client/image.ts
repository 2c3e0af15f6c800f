/** The image file that is uploaded: raw, or gzipped and inflated on the way. */
import { createReadStream, type ReadStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { pathOfText } from "../terminal/byte-text.ts";

export type Chunk = { readonly offset: number; readonly bytes: Uint8Array };

export type Image = {
  /** The size of the drive that holds it. */
  readonly sizeBytes: number;
  /** Its bytes from an offset on, in pieces of `chunkBytes`; only the last may be shorter. */
  chunks(offset: number, chunkBytes: number): AsyncIterable<Chunk>;
};

/** Opens an image. Errors: the file's own; a file that is not of the kind it is said to be. */
export async function openImage(file: string, gzipped: boolean): Promise<Image> {
  await using handle = await open(pathOfText(file));
  const stat = await handle.stat();
  if (!stat.isFile()) throw new Error(`${file} is not a regular file`);
  return gzipped ? await gzippedImage(file) : rawImage(file, stat.size);
}

function rawImage(file: string, sizeBytes: number): Image {
  return {
    sizeBytes,
    async *chunks(offset, chunkBytes) {
      await using handle = await open(pathOfText(file));
      for (let at = offset; at < sizeBytes; at += chunkBytes) {
        yield { offset: at, bytes: await readFully(handle, at, Math.min(chunkBytes, sizeBytes - at), file) };
      }
    },
  };
}

async function readFully(
  handle: FileHandle,
  offset: number,
  length: number,
  file: string,
): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafe(length);
  for (let filled = 0; filled < length; ) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, offset + filled);
    if (bytesRead === 0) throw new Error(`${file} became shorter while it was read`);
    filled += bytesRead;
  }
  return bytes;
}

/**
 * A gzipped image is inflated twice: once for its size, which must be known before the drive is made and which gzip
 * itself only keeps modulo 4 GiB, and once for its bytes.
 */
async function gzippedImage(file: string): Promise<Image> {
  let sizeBytes = 0;
  for await (const piece of inflate(file)) sizeBytes += piece.length;
  return {
    sizeBytes,
    chunks: (offset, chunkBytes) => cut(inflate(file), offset, chunkBytes),
  };
}

async function* inflate(file: string): AsyncGenerator<Uint8Array> {
  const source: ReadStream = createReadStream(pathOfText(file));
  const inflated = createGunzip();
  const flow = pipeline(source, inflated);
  // What breaks the flow is thrown by the stream that is read below.
  flow.catch(() => {});
  try {
    yield* inflated as Readable & AsyncIterable<Uint8Array>;
  } catch (error) {
    throw new Error(`${file} is not a whole gzip file: ${(error as Error).message}`, { cause: error });
  } finally {
    source.destroy();
  }
}

/** Cuts a flow of bytes into chunks of a given size, leaving out what lies before `offset`. */
async function* cut(
  flow: AsyncIterable<Uint8Array>,
  offset: number,
  chunkBytes: number,
): AsyncGenerator<Chunk> {
  let [at, toSkip, filled] = [offset, offset, 0];
  let chunk = Buffer.allocUnsafe(chunkBytes);
  for await (const piece of flow) {
    let from = Math.min(toSkip, piece.length);
    toSkip -= from;
    while (from < piece.length) {
      const taken = Math.min(chunkBytes - filled, piece.length - from);
      chunk.set(piece.subarray(from, from + taken), filled);
      [filled, from] = [filled + taken, from + taken];
      if (filled < chunkBytes) continue;
      yield { offset: at, bytes: chunk };
      [at, filled, chunk] = [at + chunkBytes, 0, Buffer.allocUnsafe(chunkBytes)];
    }
  }
  if (filled > 0) yield { offset: at, bytes: chunk.subarray(0, filled) };
}
