/**
 * A gzipped body, inflated whole before the first byte of it is handed on, so that one that is corrupt, or longer than
 * there is room for, changes nothing (rulings: drives; the wire). What came is kept meanwhile.
 */
import type { Body, Bytes } from "../../api/command.ts";
import { usage } from "../../base/errors.ts";
import { gunzipped } from "../../base/gunzip.ts";
import { giveBackAll } from "../../base/transfer-memory.ts";
import { isZlibError } from "../../base/zlib.ts";
import { HELD_INFLATED_BYTES, type KeptBody } from "./kept-body.ts";

/** Large enough that handing chunks on costs little beside inflating them. */
const INFLATED_CHUNK_BYTES = 128 * 1024;
/** What a stream may have beside what it holds: headers, members without content, padding. */
const SPARE_BYTES = 2 ** 20;

/** The longest that a stream is taken to be that holds so many bytes: no packer makes twice as much of anything. */
export const mostGzippedBytes = (inflatedBytes: number) => 2 * inflatedBytes + SPARE_BYTES;

/**
 * Takes the body in and inflates it, and keeps it in `kept`, which is released with it. Leaves off as soon as it is longer
 * than `mostBytes`, and answers that length as infinite.
 *
 * Errors: `usage` when it is not a gzip stream, corrupt, cut off, or far longer than what it holds; whatever `body` and
 * `kept` end with.
 */
export async function inflateWhole(body: Bytes, kept: KeptBody, mostBytes: number): Promise<Body> {
  const release = () => kept.release();
  let inflated: Uint8Array[] | null = kept.inMemory ? [] : null;
  let lengthBytes = 0;
  try {
    for await (const chunk of gunzip(keeping(body, kept, () => lengthBytes))) {
      lengthBytes += chunk.length;
      if (lengthBytes > mostBytes)
        return { lengthBytes: Number.POSITIVE_INFINITY, bytes: inOrder([]), release };
      if (lengthBytes > HELD_INFLATED_BYTES) inflated = null;
      inflated?.push(chunk);
    }
  } catch (error) {
    await kept.release();
    throw error;
  }
  if (inflated === null) return { lengthBytes, bytes: gunzip(kept.read()), release };
  const chunks = inflated;
  kept.forget();
  return {
    lengthBytes,
    bytes: inOrder(chunks),
    async release() {
      giveBackAll(chunks);
      await kept.release();
    },
  };
}

/** @param inflatedBytes what has come out so far of what has gone in */
async function* keeping(
  body: Bytes,
  kept: KeptBody,
  inflatedBytes: () => number,
): AsyncGenerator<Uint8Array> {
  let cameBytes = 0;
  for await (const chunk of body) {
    cameBytes += chunk.length;
    if (cameBytes > mostGzippedBytes(inflatedBytes())) {
      throw usage("malformed_body", "the gzipped body is far longer than what it holds");
    }
    await kept.add(chunk);
    yield chunk;
  }
}

async function* inOrder(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield chunk;
}

/** Errors: `usage` for what is no gzip stream, or no whole one; whatever `bytes` ends with. */
async function* gunzip(bytes: Bytes): AsyncGenerator<Uint8Array> {
  try {
    yield* gunzipped(bytes, { chunkBytes: INFLATED_CHUNK_BYTES });
  } catch (error) {
    if (!isZlibError(error)) throw error;
    throw usage("malformed_body", `the body is not a gzip stream: ${error.message}`, { cause: error });
  }
}
