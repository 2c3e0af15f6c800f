/** What of some bytes is zero, in blocks that a file system or a drive can leave out. */
import { isZero } from "../../base/zeroes.ts";

const BLOCK_BYTES = 4096;

/** A stretch of bytes, from its first up to the one behind its last. */
export type Run = readonly [start: number, end: number];

/** The stretches of `bytes` that are not zero, in whole blocks; neighbours are one stretch. */
export function dataRuns(bytes: Uint8Array): Run[] {
  const runs: [number, number][] = [];
  for (let start = 0; start < bytes.length; start += BLOCK_BYTES) {
    if (isZeroBlock(bytes, start)) continue;
    const end = Math.min(start + BLOCK_BYTES, bytes.length);
    const last = runs.at(-1);
    if (last !== undefined && last[1] === start) last[1] = end;
    else runs.push([start, end]);
  }
  return runs;
}

/** The stretch of `bytes` without the blocks of zeroes at either end; null where all of them are. */
export function withoutZeroEnds(bytes: Uint8Array): Run | null {
  let start = 0;
  while (start < bytes.length && isZeroBlock(bytes, start)) start += BLOCK_BYTES;
  if (start >= bytes.length) return null;
  let last = Math.floor((bytes.length - 1) / BLOCK_BYTES) * BLOCK_BYTES;
  while (isZeroBlock(bytes, last)) last -= BLOCK_BYTES;
  return [start, Math.min(last + BLOCK_BYTES, bytes.length)];
}

const isZeroBlock = (bytes: Uint8Array, start: number) => isZero(bytes.subarray(start, start + BLOCK_BYTES));
