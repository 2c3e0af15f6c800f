const ZEROES = Buffer.alloc(64 * 1024);

/** Whether the bytes are zeroes alone, 64 KiB of them at most. */
export function isZero(bytes: Uint8Array): boolean {
  return ZEROES.compare(bytes, 0, bytes.byteLength, 0, bytes.byteLength) === 0;
}
