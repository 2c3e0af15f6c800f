/**
 * Moving bytes between a stream or a buffer and an open export: several pieces are in flight at once, within a bound
 * of memory.
 */

import { giveBack } from "../../base/buffer-release.ts";
import { full } from "../../base/errors.ts";
import type { Nbd } from "../wire/nbd.ts";
import { cutPieces } from "./pieces.ts";

/** How much of one write is in memory, waiting to be answered. */
const IN_FLIGHT_BYTES = 8 * 1024 * 1024;
/** QEMU works on so many requests of one connection at once; more would only wait there. */
const MOST_IN_FLIGHT = 16;
/** The disk is set to work so often, while the rest of the stream still comes. */
const FLUSH_EVERY_BYTES = 32 * 1024 * 1024;
/** A read of the most that the API allows is still several pieces, decrypted side by side. */
const READ_PIECE_BYTES = 256 * 1024;

/** Where a stream goes: at `offset`, never at or past `endBytes`; its length as far as it is known beforehand. */
export type Target = { readonly offset: number; readonly endBytes: number; readonly lengthBytes: number };

/**
 * Writes the stream, whose chunks it takes over, and answers its length once all of it is on stable storage. Errors: `full`, at once when the
 * length is known and too large, else before the first chunk that passes the end; the stream's own; NBD's.
 */
export async function writeStream(
  nbd: Nbd,
  source: AsyncIterable<Uint8Array>,
  { offset, endBytes, lengthBytes }: Target,
): Promise<number> {
  if (offset + lengthBytes > endBytes) throw passesTheEnd(endBytes);
  let written = 0;
  let unflushed = 0;
  let flushing = false;
  const flight = boundedFlight(IN_FLIGHT_BYTES);
  try {
    for await (const { offset: at, length, chunks, spent } of cutPieces(
      within(source, endBytes - offset),
      offset,
    )) {
      const onSent = () => spent.forEach(giveBack);
      await flight.add(chunks === null ? 0 : length, () =>
        chunks === null ? nbd.writeZeroes(at, length, onSent) : nbd.write(at, chunks, onSent),
      );
      written += length;
      if (chunks !== null) unflushed += length;
      if (unflushed < FLUSH_EVERY_BYTES || flushing) continue;
      unflushed = 0;
      flushing = true;
      await flight.add(0, () =>
        nbd.flush().finally(() => {
          flushing = false;
        }),
      );
    }
  } finally {
    await flight.landed();
  }
  flight.check();
  await nbd.flush();
  return written;

  async function* within(bytes: AsyncIterable<Uint8Array>, roomBytes: number): AsyncGenerator<Uint8Array> {
    let left = roomBytes;
    for await (const chunk of bytes) {
      left -= chunk.byteLength;
      if (left < 0) throw passesTheEnd(endBytes);
      yield chunk;
    }
  }
}

/** Reads `length` bytes at `offset`. Errors: NBD's. */
export async function readRange(nbd: Nbd, offset: number, length: number): Promise<Buffer> {
  const whole = Buffer.allocUnsafeSlow(length);
  const pieces: Promise<void>[] = [];
  for (let at = 0; at < length; at += READ_PIECE_BYTES) {
    pieces.push(nbd.read(offset + at, whole.subarray(at, at + READ_PIECE_BYTES)));
  }
  await Promise.all(pieces);
  return whole;
}

function passesTheEnd(endBytes: number): Error {
  return full(`the write passes the end of the drive, which has ${endBytes} bytes`);
}

type Flight = {
  /** Starts `request` once there is room for its bytes. Errors: that of any request before it. */
  add(bytes: number, request: () => Promise<void>): Promise<void>;
  /** Waits until nothing is in flight, whatever came of it. */
  landed(): Promise<void>;
  /** Errors: the first of any request. */
  check(): void;
};

/** Requests in flight, of `mostBytes` together (a larger one goes alone). */
function boundedFlight(mostBytes: number): Flight {
  const inFlight = new Set<Promise<void>>();
  let bytesInFlight = 0;
  let fault: { readonly error: unknown } | null = null;

  function check(): void {
    if (fault !== null) throw fault.error;
  }

  return {
    async add(bytes, request) {
      while (inFlight.size > 0 && (bytesInFlight + bytes > mostBytes || inFlight.size >= MOST_IN_FLIGHT)) {
        await Promise.race(inFlight);
      }
      check();
      bytesInFlight += bytes;
      const landing = request()
        .catch((error: unknown) => {
          fault ??= { error };
        })
        .then(() => {
          inFlight.delete(landing);
          bytesInFlight -= bytes;
        });
      inFlight.add(landing);
    },
    async landed() {
      await Promise.all(inFlight);
    },
    check,
  };
}
