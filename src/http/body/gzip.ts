/**
 * A gzipped body, inflated whole before the first byte of it is handed on, so that one that is corrupt, or longer than
 * there is room for, changes nothing (rulings: drives; the wire). What came is kept meanwhile: in memory where it is
 * little, else in a file without a name.
 */
import { randomUUID } from "node:crypto";
import { type FileHandle, open, unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import type { Body, Bytes } from "../../api/command.ts";
import { giveBackAll } from "../../base/buffer-release.ts";
import { usage } from "../../base/errors.ts";

/** Large enough that handing chunks on costs little beside inflating them. */
const INFLATED_CHUNK_BYTES = 128 * 1024;
/** A body of up to this is kept in memory: the upload tools' chunks of 4 MiB, that did not compress at all. */
const HELD_BODY_BYTES = 5 * 2 ** 20;
/** What it inflates to is kept up to this, to be spared inflating it again. */
const HELD_INFLATED_BYTES = 8 * 2 ** 20;
/** How many bodies may be in memory at once; further ones go to files. */
const MOST_IN_MEMORY = 16;

let inMemory = 0;

/**
 * Takes the body in and inflates it. Leaves off as soon as it is longer than `mostBytes`, and answers that length as
 * infinite.
 *
 * Errors: `usage` when it is not a gzip stream, corrupt or cut off; whatever `body` ends with.
 */
export async function inflateWhole(body: Bytes, bodyBytes: number, mostBytes: number): Promise<Body> {
  const small = bodyBytes <= HELD_BODY_BYTES && inMemory < MOST_IN_MEMORY;
  const store = small ? memoryStore() : await fileStore();
  let held: Uint8Array[] | null = small ? [] : null;
  let lengthBytes = 0;
  try {
    for await (const chunk of gunzipped(kept(body, store))) {
      lengthBytes += chunk.length;
      if (lengthBytes > mostBytes)
        return { lengthBytes: Number.POSITIVE_INFINITY, bytes: none(), release: store.release };
      if (lengthBytes > HELD_INFLATED_BYTES) held = null;
      held?.push(chunk);
    }
  } catch (error) {
    await store.release();
    throw error;
  }
  if (held === null) return { lengthBytes, bytes: gunzipped(store.read()), release: store.release };
  const inflated = held;
  store.forget();
  return {
    lengthBytes,
    bytes: handedOn(inflated),
    async release() {
      giveBackAll(inflated);
      await store.release();
    },
  };
}

type Store = {
  add(chunk: Uint8Array): Promise<void>;
  read(): Bytes;
  /** Nobody reads what is kept any more. */
  forget(): void;
  release(): Promise<void>;
};

function memoryStore(): Store {
  let chunks: Uint8Array[] = [];
  let released = false;
  inMemory++;
  return {
    async add(chunk) {
      chunks.push(chunk);
    },
    read: () => handedOn(chunks),
    forget() {
      giveBackAll(chunks);
      chunks = [];
    },
    async release() {
      if (!released) inMemory--;
      released = true;
      chunks = [];
    },
  };
}

async function fileStore(): Promise<Store> {
  const name = join(tmpdir(), `lodge-body-${randomUUID()}`);
  const file: FileHandle = await open(name, "wx+", 0o600);
  await unlink(name);
  return {
    async add(chunk) {
      await file.write(chunk);
    },
    read: () => file.createReadStream({ start: 0, autoClose: false, highWaterMark: INFLATED_CHUNK_BYTES }),
    forget() {
      // It takes no memory.
    },
    release: () => file.close(),
  };
}

async function* kept(body: Bytes, store: Store): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    await store.add(chunk);
    yield chunk;
  }
}

async function* handedOn(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

async function* none(): AsyncGenerator<Uint8Array> {}

/** Several members, one after the other, and zeroes behind the last are a gzip stream too (gzip(1)). */
async function* gunzipped(bytes: Bytes): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: INFLATED_CHUNK_BYTES });
  // Whatever ends the pipeline early destroys `gunzip` with its error, and so reaches the loop below.
  pipeline(bytes, gunzip, () => {});
  try {
    yield* gunzip;
  } catch (error) {
    if (!isZlibError(error)) throw error;
    throw usage(`the body is not a gzip stream: ${error.message}`, { cause: error });
  }
}

function isZlibError(error: unknown): error is Error {
  return error instanceof Error && "code" in error && String(error.code).startsWith("Z_");
}
