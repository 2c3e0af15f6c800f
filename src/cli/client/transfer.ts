/** What an upload and a download have in common: chunks, several at once, tried again, shown, and resumable. */

import { availableParallelism } from "node:os";
import type { Meter } from "../terminal/meter.ts";
import { shellWord } from "../terminal/words.ts";
import { CHUNK_BYTES } from "./drive.ts";
import type { Endpoint } from "./endpoint.ts";
import { inOrder } from "./in-order.ts";
import type { Line, Load } from "./line.ts";
import { type Pause, withRetry } from "./retry.ts";

/** How many bytes of chunks are held at the most, and how many chunks. */
const MOST_HELD_BYTES = 64 * 2 ** 20;
const MOST_CHUNKS = 32;

/** How many chunks are held beside those on the line: some are read or written, one for each core is gzipped. */
const BESIDE = availableParallelism();

export type TransferDependencies = {
  readonly endpoint: Endpoint;
  readonly meter: Meter;
  /** Aborts when the user breaks off. */
  readonly signal: AbortSignal;
  readonly pause?: Pause;
};

/** Carries a load over the line, in several attempts where one fails for a passing reason. */
export type Carry = <Result>(
  load: Load,
  attempt: (signal: AbortSignal) => Promise<Result>,
) => Promise<Result>;

export type Transfer<Item, Moved extends { readonly lengthBytes: number }> = {
  readonly verb: "Uploading" | "Downloading";
  readonly drive: string;
  readonly sizeBytes: number;
  /** Where in the drive to begin. */
  readonly offset: number;
  readonly chunkBytes: number;
  readonly chunks: AsyncIterable<Item> | Iterable<Item>;
  readonly line: Line;
  /** Moves one chunk, or several as one. */
  readonly move: (chunk: Item, carry: Carry) => Promise<Moved>;
  /** Takes the chunks that have been moved, in order. */
  readonly take?: (chunk: Moved) => Promise<void>;
  /** Called when all is moved, before the transfer is said to be complete. */
  readonly finish?: () => Promise<void>;
};

/** How many chunks of a size are held at the most: one in any case. */
export function mostChunks(chunkBytes: number): number {
  return Math.max(1, Math.min(MOST_CHUNKS, Math.floor(MOST_HELD_BYTES / chunkBytes)));
}

/** A transfer that broke off, with where it can be resumed. */
export class Unfinished extends Error {
  override readonly name = "Unfinished";
  readonly drive: string;
  /** All bytes before it are transferred. */
  readonly offset: number;

  constructor(cause: Error, drive: string, offset: number) {
    super(cause.message, { cause });
    this.drive = drive;
    this.offset = offset;
  }

  /** The error that says which command line goes on; its chunks are named where they are not of the usual size. */
  resumable(
    tool: string,
    chunkBytes: number,
    options: readonly string[],
    operands: readonly string[],
  ): Error {
    const chunk = chunkBytes === CHUNK_BYTES ? [] : ["-c", String(chunkBytes)];
    // A file's name may begin as an option does.
    const end = operands.some((word) => word.startsWith("-")) ? ["--"] : [];
    const line = [tool, ...chunk, ...options, ...end, ...operands].map(shellWord).join(" ");
    return new Error(`${this.message}; resume with: ${line}`, { cause: this });
  }
}

/** Moves all chunks. Errors: `Unfinished`, whatever it was that went wrong. */
export async function transfer<Item, Moved extends { readonly lengthBytes: number }>(
  job: Transfer<Item, Moved>,
  { meter, signal, pause }: TransferDependencies,
): Promise<void> {
  const { line, chunkBytes } = job;
  let offset = job.offset;
  const leftBytes = job.sizeBytes - offset;
  meter.begin(`${job.verb} ${Math.ceil(leftBytes / chunkBytes)} chunks of ${chunkBytes} bytes: `, leftBytes);
  // When one chunk fails for good, the others under way are broken off.
  const failure = new AbortController();
  const either = AbortSignal.any([signal, failure.signal]);
  const carry: Carry = (load, attempt) =>
    withRetry(() => line.carry(load, () => attempt(either)), either, pause);
  const atOnce = () => Math.min(line.atOnce + BESIDE, mostChunks(chunkBytes));
  try {
    for await (const moved of inOrder(job.chunks, atOnce, (chunk) => job.move(chunk, carry))) {
      await job.take?.(moved);
      offset += moved.lengthBytes;
      for (let left = moved.lengthBytes; left > 0; left -= chunkBytes)
        meter.advance(Math.min(left, chunkBytes));
    }
    await job.finish?.();
  } catch (error) {
    failure.abort();
    meter.end();
    throw new Unfinished(signal.aborted ? new Error("interrupted") : (error as Error), job.drive, offset);
  }
  meter.end("completed");
}
