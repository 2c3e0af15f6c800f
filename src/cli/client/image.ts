/** The image file that is uploaded: raw, without reading its holes, or gzipped and inflated on the way. */
import { constants, createReadStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { gunzipped } from "../../base/gunzip.ts";
import { pathOfText } from "../terminal/byte-text.ts";
import type { ChunkBuffers } from "./chunk-buffers.ts";
import { dataExtents, type Extent, spans } from "./extents.ts";

export type Chunk = {
  /** Where its bytes belong. */
  readonly offset: number;
  /** Of how much of the image it is: more than there are bytes where holes are left out. */
  readonly lengthBytes: number;
  /** In memory of the buffers that were given; null where all of it is a hole. */
  readonly bytes: Uint8Array | null;
};

/** How an image is cut into chunks. */
export type Cut = {
  readonly chunkBytes: number;
  /** What the chunks' memory is of. */
  readonly buffers: ChunkBuffers;
  /** The holes before and behind a chunk's data are left out, as far as they are known: else they are zeroes in it. */
  readonly isSparse: boolean;
};

export type Image = {
  /** The size of the drive that holds it. */
  readonly sizeBytes: number;
  /** Its bytes from an offset on; only the last chunk may be shorter. */
  chunks(offset: number, cut: Cut): AsyncIterable<Chunk>;
};

/** How much of a gzipped file is read, and how much inflated, at a time. */
const PIECE_BYTES = 256 * 1024;

/** Opens an image. Errors: the file's own; a file that is not of the kind it is said to be. */
export async function openImage(file: string, isGzip: boolean): Promise<Image> {
  // To open a pipe takes until somebody writes to it, unless it is opened so.
  await using handle = await open(pathOfText(file), constants.O_RDONLY | constants.O_NONBLOCK);
  const stat = await handle.stat();
  if (!stat.isFile()) throw new Error(`${file} is not a regular file`);
  return isGzip ? await gzippedImage(file) : rawImage(file, stat.size);
}

function rawImage(file: string, sizeBytes: number): Image {
  return {
    sizeBytes,
    async *chunks(from, { chunkBytes, buffers, isSparse }) {
      await using handle = await open(pathOfText(file));
      for await (const span of spans(dataExtents(handle, sizeBytes), from, sizeBytes, chunkBytes)) {
        const { lengthBytes, data } = span;
        if (data === null) {
          yield { offset: span.offset, lengthBytes, bytes: null };
          continue;
        }
        const [offset, end] = isSparse ? [data.start, data.end] : [span.offset, span.offset + lengthBytes];
        const bytes = buffers.take().subarray(0, end - offset);
        await readData(handle, data, { offset, bytes, file });
        yield { offset, lengthBytes, bytes };
      }
    },
  };
}

/** Reads data of the file into bytes that begin at an offset of it; zeroes are around it. */
async function readData(
  handle: FileHandle,
  data: Extent,
  { offset, bytes, file }: { offset: number; bytes: Buffer; file: string },
): Promise<void> {
  const [start, end] = [data.start - offset, data.end - offset];
  bytes.fill(0, 0, start).fill(0, end);
  for (let at = start; at < end; ) {
    const { bytesRead } = await handle.read(bytes, at, end - at, offset + at);
    if (bytesRead === 0) throw new Error(`${file} became shorter while it was read`);
    at += bytesRead;
  }
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
    chunks: (offset, { chunkBytes, buffers }) => cut(inflate(file), offset, chunkBytes, buffers),
  };
}

async function* inflate(file: string): AsyncGenerator<Uint8Array> {
  const source = createReadStream(pathOfText(file), { highWaterMark: PIECE_BYTES });
  try {
    yield* gunzipped(source, { chunkBytes: PIECE_BYTES });
  } catch (error) {
    throw new Error(`${file} is not a whole gzip file: ${(error as Error).message}`, { cause: error });
  }
}

/** Cuts a flow of bytes into chunks of a given size, leaving out what lies before `offset`. */
async function* cut(
  flow: AsyncIterable<Uint8Array>,
  offset: number,
  chunkBytes: number,
  buffers: ChunkBuffers,
): AsyncGenerator<Chunk> {
  let [at, toSkip, filled] = [offset, offset, 0];
  let chunk = buffers.take();
  for await (const piece of flow) {
    let from = Math.min(toSkip, piece.length);
    toSkip -= from;
    while (from < piece.length) {
      const taken = Math.min(chunkBytes - filled, piece.length - from);
      chunk.set(piece.subarray(from, from + taken), filled);
      [filled, from] = [filled + taken, from + taken];
      if (filled < chunkBytes) continue;
      yield { offset: at, lengthBytes: filled, bytes: chunk };
      [at, filled, chunk] = [at + chunkBytes, 0, buffers.take()];
    }
  }
  if (filled > 0) yield { offset: at, lengthBytes: filled, bytes: chunk.subarray(0, filled) };
}
