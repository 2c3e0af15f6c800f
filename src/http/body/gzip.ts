/**
 * A gzipped body, inflated whole before the first byte of it is handed on, so that one that is corrupt, or longer than
 * there is room for, changes nothing (rulings: drives; the wire). What came is kept meanwhile.
 */
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import type { Body, Bytes } from "../../api/command.ts";
import { giveBackAll } from "../../base/buffer-release.ts";
import { usage } from "../../base/errors.ts";
import { isZlibError } from "../../base/zlib.ts";
import { type KeptBody, keepBody } from "./kept-body.ts";

/** Large enough that handing chunks on costs little beside inflating them. */
const INFLATED_CHUNK_BYTES = 128 * 1024;
/** What it inflates to is kept up to this, to be spared inflating it again. */
const HELD_INFLATED_BYTES = 8 * 2 ** 20;

/**
 * Takes the body in and inflates it. Leaves off as soon as it is longer than `mostBytes`, and answers that length as
 * infinite.
 *
 * Errors: `usage` when it is not a gzip stream, corrupt or cut off; whatever `body` ends with.
 */
export async function inflateWhole(body: Bytes, bodyBytes: number, mostBytes: number): Promise<Body> {
  const kept = await keepBody(bodyBytes);
  const release = () => kept.release();
  let inflated: Uint8Array[] | null = kept.inMemory ? [] : null;
  let lengthBytes = 0;
  try {
    for await (const chunk of gunzip(keeping(body, kept))) {
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

async function* keeping(body: Bytes, kept: KeptBody): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    await kept.add(chunk);
    yield chunk;
  }
}

async function* inOrder(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield chunk;
}

/** Several members, one after the other, and zeroes behind the last are a gzip stream too (gzip(1)). */
async function* gunzip(bytes: Bytes | Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: INFLATED_CHUNK_BYTES });
  // Whatever ends the pipeline early destroys `gunzip` with its error, and so reaches the loop below.
  pipeline(bytes, gunzip, () => {});
  try {
    for await (const chunk of gunzip) yield chunk;
  } catch (error) {
    if (!isZlibError(error)) throw error;
    throw usage("malformed_body", `the body is not a gzip stream: ${error.message}`, { cause: error });
  }
}
