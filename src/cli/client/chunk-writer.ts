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

/** What is to be written of a chunk, `at` so many bytes behind its begin. */
type Part = { readonly at: number; readonly bytes: Uint8Array };

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

  /** Writes a chunk; its memory is used again after that. Errors: those of `writeChunk`, after several attempts. */
  async write(chunk: Chunk, carry: Carry): Promise<void> {
    const part = this.#partOf(chunk);
    if (part === null) return this.#giveBack(chunk);
    const encoded = await this.#encoder.encode(part.bytes);
    if (encoded.gzipped) this.#giveBack(chunk);
    const { content, gzipped } = encoded;
    const load = { bytes: content.length, gzipped, heldBytes: part.bytes.length };
    const { endpoint, drive } = this.#target;
    const isSent = await carry(load, (signal) =>
      writeChunk(endpoint, drive, chunk.offset + part.at, encoded, signal),
    );
    if (!encoded.gzipped && isSent) this.#giveBack(chunk);
  }

  /** What is to be written of a chunk; null: nothing. */
  #partOf({ bytes, lengthBytes }: Chunk): Part | null {
    if (!this.#target.isNew) return { at: 0, bytes: bytes ?? this.#zeroesOf(lengthBytes) };
    const run = bytes === null ? null : withoutZeroEnds(bytes);
    return bytes === null || run === null ? null : { at: run[0], bytes: bytes.subarray(...run) };
  }

  #zeroesOf(lengthBytes: number): Uint8Array {
    if (this.#zeroes.length < lengthBytes) this.#zeroes = Buffer.alloc(lengthBytes);
    return this.#zeroes.subarray(0, lengthBytes);
  }

  #giveBack({ bytes }: Chunk): void {
    if (bytes !== null) this.#buffers.giveBack(bytes);
  }
}
