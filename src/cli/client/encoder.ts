/**
 * How a chunk is sent: as it is, or gzipped (spec: the row "Write binary data to a drive" takes either), as is cheaper:
 * gzipped where the line is the slower part, as it is where the processor is.
 */
import { compressedLength, FASTEST, GZIPPED_AT_ONCE, gzipped } from "./compress.ts";
import type { Line, LineSpeed } from "./line.ts";

/** When chunks are gzipped; `auto`: each that this makes cheaper. */
export const GZIP_CHOICES = ["auto", "always", "never"] as const;
export type GzipChoice = (typeof GZIP_CHOICES)[number];

/** What is sent of a chunk. */
export type Encoded = { readonly content: Uint8Array; readonly gzipped: boolean };

/** What a look at a sample of a chunk told. */
export type Sample = {
  /** The gzipped bytes for each byte. */
  readonly ratio: number;
  /** How much one core gzips in a millisecond. */
  readonly bytesPerMs: number;
};

/** A sample is of so many pieces, spread over the chunk. */
const PIECES = 4;
const PIECE_BYTES = 4 * 1024;
/** What gzip takes less than this off is not worth the cloud's time. */
const MOST_RATIO = 0.95;
/** By how much gzip must be faster. */
const MARGIN = 1.1;
/**
 * What seems to be on this very machine and takes more than this is: gzip would take the processor from the cloud, which is what
 * the chunks wait for. Less is a disk that is slower still, or the end of a tunnel.
 */
const WITHIN_MACHINE_BYTES_PER_MS = (32 * 2 ** 20) / 1000;
/** How much of how slow gzip was is left after each chunk without it, so that it is tried again some time. */
const REMEMBERED = 0.98;

export class Encoder {
  readonly #choice: GzipChoice;
  readonly #line: Line;
  #isFirst = true;
  /** How many times as long gzip takes as a sample says. */
  #slowness = 1;

  constructor(choice: GzipChoice, line: Line) {
    this.#choice = choice;
    this.#line = line;
  }

  /** What is to be sent of these bytes. What is gzipped is in memory of its own. */
  async encode(bytes: Uint8Array): Promise<Encoded> {
    if (this.#choice === "never") return asItIs(bytes);
    if (this.#choice === "always") return { content: await gzipped(bytes, FASTEST), gzipped: true };
    if (isWithinMachine(this.#line)) return asItIs(bytes);
    const sample = sampled(bytes);
    if (await this.#isToGzip(sample)) return { content: await this.#gzip(bytes, sample), gzipped: true };
    this.#slowness = 1 + (this.#slowness - 1) * REMEMBERED;
    return asItIs(bytes);
  }

  async #isToGzip({ ratio, bytesPerMs }: Sample): Promise<boolean> {
    if (ratio > MOST_RATIO) return false;
    // Something must go first; the rest hear from it.
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    if (isFirst && this.#line.speed === null) return true;
    await this.#line.heard();
    const gzipBytesPerMs = (GZIPPED_AT_ONCE * bytesPerMs) / this.#slowness;
    return isCheaperGzipped(ratio, gzipBytesPerMs, this.#line.speed);
  }

  /** Gzips, and learns from that how much slower it is than the sample was: others may have a use for the cores. */
  #gzip(bytes: Uint8Array, sample: Sample): Promise<Uint8Array> {
    return gzipped(bytes, FASTEST, (ms) => {
      this.#slowness = (this.#slowness + (ms * sample.bytesPerMs) / bytes.length) / 2;
    });
  }
}

const asItIs = (bytes: Uint8Array): Encoded => ({ content: bytes, gzipped: false });

/** Whether what takes the chunks is on this very machine, as far as is known. */
function isWithinMachine({ isNear, speed }: Line): boolean {
  return isNear && (speed === null || speed.bytesPerMs > WITHIN_MACHINE_BYTES_PER_MS);
}

/** A cheap look at some bytes: how well, and how fast, a sample of them is gzipped. */
export function sampled(bytes: Uint8Array): Sample {
  const sample = sampleOf(bytes);
  const startMs = performance.now();
  const length = compressedLength(sample);
  const ms = Math.max(performance.now() - startMs, 0.001);
  return { ratio: length / sample.length, bytesPerMs: sample.length / ms };
}

/**
 * Whether many chunks that gzip makes `ratio` times as large are sent sooner when they are gzipped, so many bytes in a
 * millisecond on all cores. A line that has not said anything yet is slow.
 */
export function isCheaperGzipped(ratio: number, gzipBytesPerMs: number, line: LineSpeed | null): boolean {
  if (line === null) return true;
  const { bytesPerMs, msPerHeldByte } = line;
  return Math.min(1 / (ratio / bytesPerMs + msPerHeldByte), gzipBytesPerMs) > MARGIN * bytesPerMs;
}

function sampleOf(bytes: Uint8Array): Uint8Array {
  if (bytes.length <= PIECES * PIECE_BYTES) return bytes;
  const step = Math.floor((bytes.length - PIECE_BYTES) / (PIECES - 1));
  return Buffer.concat(
    Array.from({ length: PIECES }, (_, index) => bytes.subarray(index * step, index * step + PIECE_BYTES)),
  );
}
