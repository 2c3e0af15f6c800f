/**
 * Memory that bytes passed through, given back at once. A buffer's memory lies outside of JavaScript's heap, and each 20
 * to 60 MiB of it that are only dropped make the engine collect all of the heap: in a transfer that was half of the work.
 */

/**
 * Frees what `bytes` holds, if it is its buffer's only holder; it is empty afterwards. To be called by who it belongs to,
 * once nothing reads it any more, the system included.
 */
export function giveBack(bytes: Uint8Array): void {
  if (bytes.buffer.byteLength === bytes.byteLength) free(bytes);
}

/** The same for parts of buffers that nobody has other parts of. */
export function giveBackAll(parts: readonly Uint8Array[]): void {
  parts.forEach(free);
}

function free({ buffer }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && !buffer.detached) buffer.transfer(0);
}
