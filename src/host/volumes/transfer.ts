/**
 * Moving bytes between a stream or a buffer and an open export: several pieces are in flight at once, within a bound
 * of memory.
 */

import { giveBack, take } from "../../base/transfer-memory.ts";
import { WRITE_WINDOW_BYTES } from "../../base/transfer-window.ts";
import { pastEnd } from "../errors.ts";
import type { NbdConnection } from "../wire/nbd.ts";
import { PIECE_BYTES, type Piece, PieceCutter } from "./pieces.ts";

/** How much of one write waits to be answered; the piece that grows meanwhile belongs to what is in memory as well. */
export const IN_FLIGHT_BYTES = WRITE_WINDOW_BYTES - PIECE_BYTES;
/** QEMU works on so many requests of one connection at once; more would only wait there. */
export const MOST_IN_FLIGHT = 16;
/** The disk is set to work so often, while the rest of the stream still comes. */
const FLUSH_EVERY_BYTES = 32 * 1024 * 1024;
/** So many runs of zeroes are remembered until their room is given back. */
const MOST_MARKED = 1024;
/** A read is several requests, decrypted side by side: of a quarter of it each, reads take the storage daemon half as long again. */
const READ_REQUEST_BYTES = 512 * 1024;

/** Where a stream goes: at `offset`, never at or past `endBytes`; its length as far as it is known beforehand. */
export type Target = {
  readonly offset: number;
  readonly endBytes: number;
  readonly lengthBytes: number;
  /**
   * A hole of the file reads as something else than zeroes, as an encrypted one's does, until the format's tables say
   * otherwise. A process that is killed between the two would leave that behind: so zeroes are marked first, and their room is
   * given back once the tables are on stable storage.
   */
  readonly marksZeroes?: boolean;
};

export type NbdWriter = Pick<NbdConnection, "write" | "writeZeroes" | "markZeroes" | "trim" | "flush">;

/**
 * Writes the stream, whose chunks it takes over, and answers its length once all of it is on stable storage. Errors:
 * `full`, at once when the length is known and too large, else before the first chunk that passes the end; the stream's
 * own; NBD's.
 */
export async function writeStream(
  nbd: NbdWriter,
  source: AsyncIterable<Uint8Array>,
  { offset, endBytes, lengthBytes, marksZeroes = false }: Target,
): Promise<number> {
  if (offset + lengthBytes > endBytes) throw pastEnd(endBytes);
  const cutter = new PieceCutter(offset);
  const writing = new Writing(nbd, marksZeroes);
  let at = offset;
  try {
    for await (const chunk of source) {
      at += chunk.byteLength;
      if (at > endBytes) throw pastEnd(endBytes);
      for (const piece of cutter.add(chunk)) await writing.add(piece);
    }
    for (const piece of cutter.end()) await writing.add(piece);
  } finally {
    await writing.landed();
  }
  writing.check();
  await nbd.flush();
  await writing.giveRoomBack();
  return at - offset;
}

/** Reads `length` bytes at `offset`. Errors: NBD's. */
export async function readRange(nbd: NbdConnection, offset: number, length: number): Promise<Buffer> {
  const whole = take(length);
  const pieces: Promise<void>[] = [];
  for (let at = 0; at < length; at += READ_REQUEST_BYTES) {
    pieces.push(nbd.read(offset + at, whole.subarray(at, at + READ_REQUEST_BYTES)));
  }
  await Promise.all(pieces);
  return whole;
}

/** The pieces of one write that are in flight, of IN_FLIGHT_BYTES together (a larger one goes alone). */
class Writing {
  readonly #nbd: NbdWriter;
  readonly #inFlight = new Set<Promise<void>>();
  #bytesInFlight = 0;
  #bytesUnflushed = 0;
  #isFlushing = false;
  #fault: { readonly error: unknown } | null = null;
  /** What was marked as zeroes, whose room is to be given back; null where zeroes are holes at once. */
  #marked: { readonly offset: number; readonly length: number }[] | null;

  constructor(nbd: NbdWriter, marksZeroes: boolean) {
    this.#nbd = nbd;
    this.#marked = marksZeroes ? [] : null;
  }

  /** Sends the piece once there is room for it. Errors: that of any piece before it. */
  async add({ offset, length, chunks, spent }: Piece): Promise<void> {
    const onSent = () => spent.forEach(giveBack);
    if (chunks === null) {
      await this.#addZeroes(offset, length, onSent);
      return;
    }
    await this.#start(length, () => this.#nbd.write(offset, chunks, onSent));
    this.#bytesUnflushed += length;
    if (this.#bytesUnflushed < FLUSH_EVERY_BYTES || this.#isFlushing) return;
    this.#bytesUnflushed = 0;
    this.#isFlushing = true;
    await this.#start(0, () =>
      this.#nbd.flush().finally(() => {
        this.#isFlushing = false;
      }),
    );
  }

  /** Gives back the room of all that is zero; to be called once that is on stable storage. */
  async giveRoomBack(): Promise<void> {
    // It is written all the same where that cannot be done.
    for (const { offset, length } of this.#marked ?? []) await this.#nbd.trim(offset, length).catch(() => {});
    if (this.#marked !== null) this.#marked = [];
  }

  async #addZeroes(offset: number, length: number, onSent: () => void): Promise<void> {
    const marked = this.#marked;
    if (marked === null) {
      await this.#start(0, () => this.#nbd.writeZeroes(offset, length, onSent));
      return;
    }
    await this.#start(0, () => this.#nbd.markZeroes(offset, length, onSent));
    marked.push({ offset, length });
    if (marked.length < MOST_MARKED) return;
    await this.landed();
    this.check();
    await this.#nbd.flush();
    await this.giveRoomBack();
  }

  /** Waits until nothing is in flight, whatever came of it. */
  async landed(): Promise<void> {
    await Promise.all(this.#inFlight);
  }

  /** Errors: the first of any piece. */
  check(): void {
    if (this.#fault !== null) throw this.#fault.error;
  }

  async #start(bytes: number, request: () => Promise<void>): Promise<void> {
    const isTooMuch = () =>
      this.#bytesInFlight + bytes > IN_FLIGHT_BYTES || this.#inFlight.size >= MOST_IN_FLIGHT;
    while (this.#inFlight.size > 0 && isTooMuch()) await Promise.race(this.#inFlight);
    this.check();
    this.#bytesInFlight += bytes;
    const landing = request()
      .catch((error: unknown) => {
        this.#fault ??= { error };
      })
      .then(() => {
        this.#inFlight.delete(landing);
        this.#bytesInFlight -= bytes;
      });
    this.#inFlight.add(landing);
  }
}
