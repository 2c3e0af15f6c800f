/** Gzipping chunks, on all cores at once. */
import { availableParallelism } from "node:os";
import { promisify } from "node:util";
import { constants, deflateRawSync, gzip } from "node:zlib";
import { Slots } from "./slots.ts";

const gzipAsync = promisify(gzip);

/** What bytes that cannot be compressed are gzipped to: five more for each block of deflate, a header and a trailer. */
const mostGzippedBytes = (bytes: number) => bytes + 5 * Math.ceil((bytes + 1) / 16_383) + 64;

/** What gzips has a core to itself. zlib works on threads of its own, of which `bin/` has Node start enough. */
const CORES = new Slots(availableParallelism());

/** How many chunks are gzipped at once: one on each core. */
export const GZIPPED_AT_ONCE = CORES.most;

/** For the line: an image is compressed once, for a network that is seldom slower than the processor. */
export const FASTEST = constants.Z_BEST_SPEED;
/** For what is kept. */
export const USUAL = constants.Z_DEFAULT_COMPRESSION;

/**
 * Gzips bytes into one member, in memory of its own.
 *
 * @param onTaken told how many milliseconds it took, from when there was a core for it
 */
export function gzipped(
  bytes: Uint8Array,
  level: typeof FASTEST | typeof USUAL,
  onTaken: (ms: number) => void = () => {},
): Promise<Uint8Array> {
  return CORES.run(async () => {
    const startMs = performance.now();
    // In one piece: of several, which zlib makes otherwise, each byte would be copied once more.
    const member = await gzipAsync(bytes, { level, chunkSize: mostGzippedBytes(bytes.length) });
    onTaken(performance.now() - startMs);
    return member;
  });
}

/** The length of bytes when they are compressed at the fastest level, on this very thread. */
export function compressedLength(bytes: Uint8Array): number {
  return deflateRawSync(bytes, { level: FASTEST }).length;
}
