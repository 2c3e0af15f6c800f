/**
 * Inflating a gzip stream, of which nothing is dropped: members one after the other are one stream, and zeroes behind a
 * member are padding (gzip(1)). Node's own stream takes what comes behind padding for its end, another member too.
 */
import { createGunzip, type Gunzip } from "node:zlib";
import { isZero } from "./zeroes.ts";

/** A member behind padding costs an inflater of its own, where those that follow each other share one. */
const MOST_BEHIND_PADDING = 100;
/** How much padding is looked at at a time. */
const BLOCK_BYTES = 64 * 1024;

class TooManyMembers extends Error {
  readonly code = "Z_DATA_ERROR";

  constructor() {
    super("more than a hundred members have padding in front of them");
    this.name = "TooManyMembers";
  }
}

export type GunzipOptions = {
  /** How much is inflated at a time. */
  readonly chunkBytes?: number;
  /** Told of each piece of the stream once zlib is through with it. */
  readonly onTaken?: (piece: Uint8Array) => void;
};

/**
 * What a gzip stream holds. Behind its last member come zeroes, or nothing.
 *
 * Errors: zlib's for what is no gzip stream, or no whole one, also behind padding; whatever `pieces` ends with.
 */
export async function* gunzipped(
  pieces: AsyncIterable<Uint8Array>,
  { chunkBytes = 64 * 1024, onTaken = () => {} }: GunzipOptions = {},
): AsyncGenerator<Uint8Array> {
  const input = new Input(pieces[Symbol.asyncIterator](), onTaken);
  try {
    yield* members(input, chunkBytes);
    for (let count = 1; await input.passZeroes(); count++) {
      if (count > MOST_BEHIND_PADDING) throw new TooManyMembers();
      yield* members(input, chunkBytes);
    }
  } finally {
    await input.leave();
  }
}

/** What members hold that follow each other without padding. */
async function* members(input: Input, chunkSize: number): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip({ chunkSize });
  const feeding = feed(input, gunzip);
  // What breaks either is thrown by the stream that is read.
  feeding.catch((error) => gunzip.destroy(error));
  try {
    yield* gunzip as AsyncIterable<Uint8Array>;
  } finally {
    gunzip.destroy();
    await Promise.allSettled([feeding]);
  }
}

/** Gives zlib one piece after the other, and leaves off where zlib does: what it has not taken stays in the input. */
async function feed(input: Input, gunzip: Gunzip): Promise<void> {
  const over = new Promise<"over">((resolve) => {
    for (const event of ["end", "close"]) gunzip.once(event, () => resolve("over"));
  });
  for (let piece = await input.next(); piece !== null; piece = await input.next()) {
    const before = gunzip.bytesWritten;
    const written = new Promise<void>((resolve, reject) => {
      gunzip.write(piece, (error) => (error ? reject(error) : resolve()));
    });
    const ended = (await Promise.race([written, over])) === "over";
    input.take(gunzip.bytesWritten - before);
    if (ended) return;
  }
  gunzip.end();
}

/** The pieces of a stream, taken in parts. */
class Input {
  readonly #pieces: AsyncIterator<Uint8Array>;
  readonly #onTaken: (piece: Uint8Array) => void;
  #piece: Uint8Array = new Uint8Array();
  #takenBytes = 0;

  constructor(pieces: AsyncIterator<Uint8Array>, onTaken: (piece: Uint8Array) => void) {
    this.#pieces = pieces;
    this.#onTaken = onTaken;
  }

  /** What is left of the current piece, or else the next one; null at the end. */
  async next(): Promise<Uint8Array | null> {
    while (this.#takenBytes === this.#piece.length) {
      if (this.#piece.length > 0) this.#onTaken(this.#piece);
      const { done, value } = await this.#pieces.next();
      [this.#piece, this.#takenBytes] = [done ? new Uint8Array() : value, 0];
      if (done) return null;
    }
    return this.#piece.subarray(this.#takenBytes);
  }

  /** The first bytes of what `next` answered are through. */
  take(bytes: number): void {
    this.#takenBytes += bytes;
  }

  /** Goes to the next byte that is not zero. Answers whether there is one. */
  async passZeroes(): Promise<boolean> {
    for (let rest = await this.next(); rest !== null; rest = await this.next()) {
      const block = rest.subarray(0, BLOCK_BYTES);
      if (isZero(block)) {
        this.take(block.length);
        continue;
      }
      this.take(block.findIndex((byte) => byte !== 0));
      return true;
    }
    return false;
  }

  async leave(): Promise<void> {
    await this.#pieces.return?.();
  }
}
