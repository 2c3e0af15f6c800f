/**
 * How a stream of bytes is cut into the pieces in which it is written. Blocks of 64 KiB that are all zero become
 * holes, so that what is sparse stays sparse; everything else goes in pieces of up to 512 KiB that end at a block's
 * border, where QEMU needs to read nothing back. No byte is copied.
 */
import { giveBack } from "../../base/transfer-memory.ts";
import { isZero } from "../../base/zeroes.ts";

/** Small enough to find the holes of a file system's image, and a whole number of what qcow2 files are written by. */
export const BLOCK_BYTES = 64 * 1024;
export const PIECE_BYTES = 512 * 1024;
/** A run of zeroes is answered at least so often: it costs nothing to hold, but the drive's end may be nearer. */
const ZERO_RUN_BYTES = 1024 ** 3;

/** Bytes to be written at an offset of the drive. */
export type Piece = {
  readonly offset: number;
  readonly length: number;
  /** Null where they are all zero. */
  readonly chunks: readonly Uint8Array[] | null;
  /** Chunks of the source that end in this piece: when it and those before it are sent, nothing is left of them to send. */
  readonly spent: readonly Uint8Array[];
};

type Growing = { offset: number; length: number; chunks: Uint8Array[] | null; spent: Uint8Array[] };

/**
 * Cuts the chunks of a stream that belongs at an offset and behind it. Chunks are taken over and must not change. Those
 * that are nothing but part of a hole are given back at once: a run of zeroes holds no memory, however long it is.
 */
export class PieceCutter {
  readonly #giveBack: (chunk: Uint8Array) => void;
  #at: number;
  /** The piece that grows, the block that will join it once it is whole, and the chunks that end in that block. */
  #piece: Growing;
  #block: Uint8Array[] = [];
  #ended: { readonly chunk: Uint8Array; readonly start: number }[] = [];
  #blockIsZero = true;

  /** @param giveChunkBack takes the memory of chunks of which nothing is to be sent */
  constructor(offset: number, giveChunkBack: (chunk: Uint8Array) => void = giveBack) {
    this.#at = offset;
    this.#piece = { offset, length: 0, chunks: null, spent: [] };
    this.#giveBack = giveChunkBack;
  }

  /** Takes the next chunk and answers the pieces that are whole by it. */
  add(chunk: Uint8Array): readonly Piece[] {
    const start = this.#at;
    const length = chunk.byteLength;
    const done: Piece[] = [];
    for (let taken = 0; taken < length; ) {
      const part = chunk.subarray(taken, taken + BLOCK_BYTES - (this.#at % BLOCK_BYTES));
      this.#blockIsZero &&= isZero(part);
      this.#block.push(part);
      taken += part.byteLength;
      this.#at += part.byteLength;
      if (taken === length) this.#ended.push({ chunk, start });
      if (this.#at % BLOCK_BYTES === 0) this.#closeBlock(done);
    }
    return done;
  }

  /** The stream has ended: answers the pieces that are left. */
  end(): readonly Piece[] {
    const done: Piece[] = [];
    if (this.#block.length > 0) this.#closeBlock(done);
    if (this.#piece.length > 0) done.push(this.#piece);
    return done;
  }

  /** Adds the block to the piece, and that which it could not join to `done`. */
  #closeBlock(done: Piece[]): void {
    let piece = this.#piece;
    const length = this.#at - piece.offset - piece.length;
    const isHole = this.#blockIsZero && length === BLOCK_BYTES;
    const most = piece.chunks === null ? ZERO_RUN_BYTES : PIECE_BYTES;
    const joins = isHole === (piece.chunks === null) && piece.length + length <= most;
    if (piece.length === 0 || !joins) {
      if (piece.length > 0) done.push(piece);
      piece = { offset: this.#at - length, length: 0, chunks: isHole ? null : [], spent: [] };
      this.#piece = piece;
    }
    piece.length += length;
    if (!isHole) piece.chunks?.push(...this.#block);
    for (const { chunk, start } of this.#ended) {
      if (isHole && start >= piece.offset) this.#giveBack(chunk);
      else piece.spent.push(chunk);
    }
    this.#block = [];
    this.#ended = [];
    this.#blockIsZero = true;
  }
}
