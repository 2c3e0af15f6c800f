/**
 * Memory that bytes passed through, given back at once. A buffer's memory lies outside of JavaScript's heap, and each 20
 * to 60 MiB of it that are only dropped make the engine collect all of the heap: in a transfer that was half of the work.
 */

/**
 * Frees what `bytes` holds, if it is its buffer's only holder; it is empty afterwards. To be called by who it belongs to,
 * once nothing reads it any more, the system included.
 */
export function giveBack(bytes: Uint8Array): void {
  const { buffer } = bytes;
  if (buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength) buffer.transfer(0);
}
