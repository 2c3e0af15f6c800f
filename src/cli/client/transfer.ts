/** What an upload and a download have in common: chunks, several at once, tried again, shown, and resumable. */

import type { Meter } from "../terminal/meter.ts";
import { shellWord } from "../terminal/words.ts";
import { CHUNK_BYTES } from "./drive.ts";
import type { Endpoint } from "./endpoint.ts";
import { inOrder } from "./in-order.ts";
import { type Pause, withRetry } from "./retry.ts";

/** How many chunks are under way at a time. */
const AT_ONCE = 4;

export type TransferDependencies = {
  readonly endpoint: Endpoint;
  readonly meter: Meter;
  /** Aborts when the user breaks off. */
  readonly signal: AbortSignal;
  readonly pause?: Pause;
};

export type Transfer<Item> = {
  readonly verb: "Uploading" | "Downloading";
  readonly drive: string;
  readonly sizeBytes: number;
  /** Where in the drive to begin. */
  readonly offset: number;
  readonly chunkBytes: number;
  readonly chunks: AsyncIterable<Item> | Iterable<Item>;
  /** Moves one chunk and answers its bytes; called again when it failed for a passing reason. */
  readonly move: (chunk: Item, signal: AbortSignal) => Promise<Uint8Array>;
  /** Takes the chunks that have been moved, in order. */
  readonly take?: (bytes: Uint8Array) => Promise<void>;
  /** Called when all is moved, before the transfer is said to be complete. */
  readonly finish?: () => Promise<void>;
};

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
export async function transfer<Item>(
  job: Transfer<Item>,
  { meter, signal, pause }: TransferDependencies,
): Promise<void> {
  let offset = job.offset;
  const leftBytes = job.sizeBytes - offset;
  meter.begin(
    `${job.verb} ${Math.ceil(leftBytes / job.chunkBytes)} chunks of ${job.chunkBytes} bytes: `,
    leftBytes,
  );
  // When one chunk fails for good, the others under way are broken off.
  const failure = new AbortController();
  const either = AbortSignal.any([signal, failure.signal]);
  const move = (chunk: Item) => withRetry(() => job.move(chunk, either), either, pause);
  try {
    for await (const bytes of inOrder(job.chunks, AT_ONCE, move)) {
      await job.take?.(bytes);
      offset += bytes.length;
      meter.advance(bytes.length);
    }
    await job.finish?.();
  } catch (error) {
    failure.abort();
    meter.end();
    throw new Unfinished(signal.aborted ? new Error("interrupted") : (error as Error), job.drive, offset);
  }
  meter.end("completed");
}
