/** Writing the chunks of an image to a drive: what of each is to be written, how it is sent, and its memory given back. */
import type { ChunkBuffers } from "./chunk-buffers.ts";
import { writeChunk } from "./drive.ts";
import type { Encoder } from "./encoder.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Chunk } from "./image.ts";
import type { Carry } from "./transfer.ts";
import { withoutZeroEnds } from "./zeroes.ts";

export type Target = {
  readonly endpoint: Endpoint;
  readonly drive: string;
  /** It was just made, and so reads as zeroes. Another holds whatever was written to it before. */
  readonly isNew: boolean;
};

/** A part of an image: one chunk, and those before it of which nothing is to be written. */
export type Part = {
  readonly lengthBytes: number;
  readonly toWrite: { readonly offset: number; readonly bytes: Uint8Array; readonly of: Chunk } | null;
};

export class ChunkWriter {
  readonly #target: Target;
  readonly #encoder: Encoder;
  readonly #buffers: ChunkBuffers;
  /** For chunks that are holes, on a drive that is not new. */
  #zeroes = Buffer.alloc(0);

  /** @param buffers what the chunks' memory is of */
  constructor(target: Target, encoder: Encoder, buffers: ChunkBuffers) {
    this.#target = target;
    this.#encoder = encoder;
    this.#buffers = buffers;
  }

  /** What is to be written of chunks. Those of which nothing is join the next: they take no place among those under way. */
  async *parts(chunks: AsyncIterable<Chunk>): AsyncGenerator<Part> {
    let nothingBytes = 0;
    for await (const chunk of chunks) {
      const { lengthBytes } = chunk;
      const toWrite = this.#toWrite(chunk);
      if (toWrite === null) {
        nothingBytes += lengthBytes;
        this.#giveBack(chunk);
        continue;
      }
      yield { lengthBytes: nothingBytes + lengthBytes, toWrite };
      nothingBytes = 0;
    }
    if (nothingBytes > 0) yield { lengthBytes: nothingBytes, toWrite: null };
  }

  /** Writes a part; its memory is used again after that. Errors: those of `writeChunk`, after several attempts. */
  async write({ toWrite }: Part, carry: Carry): Promise<void> {
    if (toWrite === null) return;
    const { offset, bytes, of } = toWrite;
    const encoded = await this.#encoder.encode(bytes);
    if (encoded.gzipped) this.#giveBack(of);
    const { content, gzipped } = encoded;
    const load = { bytes: content.length, gzipped, heldBytes: bytes.length };
    const { endpoint, drive } = this.#target;
    const isSent = await carry(load, (signal) => writeChunk(endpoint, drive, offset, encoded, signal));
    if (!gzipped && isSent) this.#giveBack(of);
  }

  #toWrite(chunk: Chunk): Part["toWrite"] {
    const { offset, bytes, lengthBytes } = chunk;
    if (!this.#target.isNew) return { offset, bytes: bytes ?? this.#zeroesOf(lengthBytes), of: chunk };
    const run = bytes === null ? null : withoutZeroEnds(bytes);
    if (bytes === null || run === null) return null;
    return { offset: offset + run[0], bytes: bytes.subarray(...run), of: chunk };
  }

  #zeroesOf(lengthBytes: number): Uint8Array {
    if (this.#zeroes.length < lengthBytes) this.#zeroes = Buffer.alloc(lengthBytes);
    return this.#zeroes.subarray(0, lengthBytes);
  }

  #giveBack({ bytes }: Chunk): void {
    if (bytes !== null) this.#buffers.giveBack(bytes);
  }
}
