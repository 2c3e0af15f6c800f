/**
 * Memory that bytes pass through, given back at once. A buffer's memory lies outside of JavaScript's heap, and each 20
 * to 60 MiB of it that are only dropped make the engine collect all of the heap: in a transfer that was half of the work.
 * Whoever takes as much again gets what was given back a moment ago: memory that is new costs a fault for each of its pages,
 * on some machines more than all else that is done with it.
 */

/** The sizes that are kept are whole numbers of these: odd ones are seldom taken again. */
const UNIT_BYTES = 256 * 1024;
/** How much is kept, and for how long after the first of it was given back. */
const KEPT_BYTES = 16 * 2 ** 20;
const KEPT_MS = 5_000;

/** What was given back, by its size, of the sizes that were taken. */
const kept = new Map<number, ArrayBuffer[]>();
let keptBytes = 0;
let isToBeDropped = false;

/** Memory of that many bytes, which holds anything: all of it is to be written before anybody else sees it. */
export function take(bytes: number): Buffer {
  if (bytes % UNIT_BYTES !== 0 || bytes === 0) return Buffer.allocUnsafeSlow(bytes);
  const some = kept.get(bytes) ?? [];
  kept.set(bytes, some);
  const found = some.pop();
  if (found === undefined) return Buffer.allocUnsafeSlow(bytes);
  keptBytes -= bytes;
  return Buffer.from(found);
}

/**
 * Frees what `bytes` holds, if it is its buffer's only holder; it is empty afterwards. To be called by who it belongs to,
 * once nothing reads or writes it any more, the system included.
 */
export function giveBack(bytes: Uint8Array): void {
  if (bytes.buffer.byteLength === bytes.byteLength) free(bytes);
}

/** The same for parts of buffers that nobody has other parts of. */
export function giveBackAll(parts: readonly Uint8Array[]): void {
  parts.forEach(free);
}

function free({ buffer }: Uint8Array): void {
  if (!(buffer instanceof ArrayBuffer) || buffer.detached) return;
  const some = kept.get(buffer.byteLength);
  if (some === undefined || keptBytes + buffer.byteLength > KEPT_BYTES) {
    buffer.transfer(0);
    return;
  }
  keptBytes += buffer.byteLength;
  // Whoever has it still has nothing of it any more.
  some.push(buffer.transfer());
  if (!isToBeDropped) setTimeout(drop, KEPT_MS).unref();
  isToBeDropped = true;
}

function drop(): void {
  isToBeDropped = false;
  for (const some of kept.values()) for (const buffer of some.splice(0)) buffer.transfer(0);
  keptBytes = 0;
}
