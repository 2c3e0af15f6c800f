/**
 * Packing a volume's bytes into a gzip stream, and unpacking one, while they go from one open export to another: a
 * bounded number of pieces is in memory. Several cores are at work: the packer's, or zlib's thread, QEMU's on either side.
 */
import { Readable } from "node:stream";
import { finished, pipeline } from "node:stream/promises";
import { full, LodgeError, usage } from "../../base/errors.ts";
import { gunzipped } from "../../base/gunzip.ts";
import { giveBack, giveBackAll, take } from "../../base/transfer-memory.ts";
import { isZlibError } from "../../base/zlib.ts";
import type { Conversion, Volume } from "../host.ts";
import { widenSendBuffer } from "../process/send-buffer.ts";
import { startWorker, type Worker, type WorkerOptions } from "../process/worker.ts";
import type { NbdConnection } from "../wire/nbd.ts";
import type { Cages } from "./cages.ts";
import { packer } from "./packer.ts";
import { writeStream } from "./transfer.ts";
import { whileItWorks } from "./worker-watch.ts";

const PIECE_BYTES = 256 * 1024;
const PIECES_AHEAD = 8;
/** Large enough that handing chunks on costs little beside inflating them. */
const INFLATED_CHUNK_BYTES = 256 * 1024;
/** zlib goes on while what it gave is on its way: it waits when so much of it is. */
const INFLATED_CHUNKS_AHEAD = 16;

export type Stretch = {
  readonly from: NbdConnection;
  readonly source: Volume;
  readonly to: NbdConnection;
  readonly target: Volume;
  /** Told how much of the source is through, from 0 to 1. */
  readonly onProgress: (part: number) => void;
  /** For the packer; its signal ends the conversion. */
  readonly worker: Omit<WorkerOptions, "cage">;
  readonly cages: Cages;
  /** How long the packer may do nothing. */
  readonly quietMs: number;
};

/**
 * Converts the source into the target, which reads as zeroes, and answers once it is on stable storage.
 *
 * Errors: `usage` for a source that holds no whole gzip stream; `full` when the result does not fit; NBD's; the
 * worker's.
 */
export async function convertVolume(conversion: Conversion, stretch: Stretch): Promise<void> {
  const { target, to } = stretch;
  const bytes = conversion === "gzip" ? packed(stretch) : unpacked(stretch);
  to.widen((socket) => widenSendBuffer(socket));
  try {
    await writeStream(to, bytes, { offset: 0, endBytes: target.sizeBytes, lengthBytes: 0 });
  } catch (error) {
    if (!(error instanceof LodgeError && error.type === "full")) throw error;
    throw full(`the result does not fit: the drive has ${target.sizeBytes} bytes`, { cause: error });
  }
}

async function* packed(stretch: Stretch): AsyncGenerator<Uint8Array> {
  const { worker, cages } = stretch;
  const command = packer();
  const cage = cages.worker();
  try {
    yield* packedBy(command[0], startWorker(command, { ...worker, cage }), stretch);
  } finally {
    await cage.clear();
  }
}

async function* packedBy(
  name: string,
  packing: Worker,
  { from, source, onProgress, worker, quietMs }: Stretch,
): AsyncGenerator<Uint8Array> {
  const done = whileItWorks(name, packing, quietMs);
  // It is awaited below; until then its failure is no unhandled rejection.
  done.catch(() => {});
  const feeding = pipeline(readAll(from, source.sizeBytes, onProgress, worker.signal), packing.child.stdin);
  // What broke it is thrown once the output has ended.
  feeding.catch(() => packing.end());
  try {
    yield* packing.child.stdout;
    // The fault of the input comes first: it is why the packer was ended.
    const [fed, ended] = await Promise.allSettled([feeding, done]);
    if (ended.status === "rejected" && isPipeFault(fed)) throw ended.reason;
    if (fed.status === "rejected") throw fed.reason;
    if (ended.status === "rejected") throw ended.reason;
  } finally {
    packing.end();
    await Promise.allSettled([feeding, done]);
  }
}

/** Whether feeding a worker ended because the worker did. */
function isPipeFault(outcome: PromiseSettledResult<void>): boolean {
  const code = outcome.status === "rejected" ? (outcome.reason as NodeJS.ErrnoException).code : undefined;
  return ["EPIPE", "ECONNRESET", "ECANCELED", "ERR_STREAM_PREMATURE_CLOSE"].includes(code ?? "");
}

/** Reads the source to its end: behind the stream it has zeroes alone. pigz and igzip would take anything there for its end. */
async function* unpacked({ from, source, onProgress, worker }: Stretch): AsyncGenerator<Uint8Array> {
  const packed = readAll(from, source.sizeBytes, onProgress, worker.signal);
  const inflated = gunzipped(packed, { chunkBytes: INFLATED_CHUNK_BYTES, onTaken: giveBack });
  const ahead = Readable.from(inflated, { highWaterMark: INFLATED_CHUNKS_AHEAD });
  try {
    yield* inOwnBuffers(ahead);
  } catch (error) {
    if (!isZlibError(error)) throw error;
    throw usage(`drive ${source.uuid} holds no whole gzip stream: ${error.message}`, { cause: error });
  } finally {
    ahead.destroy();
    // What was asked of the source is answered by then; what broke it was thrown above.
    await finished(ahead).catch(() => {});
  }
}

/**
 * What zlib gives, in buffers that hold nothing else and can be given back as soon as they are written. zlib hands out a
 * buffer of its own in parts, one behind the other, and goes on in another when it is full.
 */
async function* inOwnBuffers(parts: AsyncIterable<Buffer>): AsyncGenerator<Uint8Array> {
  let whole = take(PIECE_BYTES);
  let filled = 0;
  for await (const part of parts) {
    for (let taken = 0; taken < part.length; ) {
      const copied = part.copy(whole, filled, taken);
      taken += copied;
      filled += copied;
      if (filled < whole.length) continue;
      yield whole;
      whole = take(PIECE_BYTES);
      filled = 0;
    }
    if (part.byteOffset + part.length === part.buffer.byteLength) giveBackAll([part]);
  }
  if (filled > 0) yield whole.subarray(0, filled);
}

/** The first `length` bytes of the export in pieces, of which some are read ahead. Errors: NBD's, the signal's. */
async function* readAll(
  nbd: NbdConnection,
  length: number,
  onProgress: (part: number) => void,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const ahead: { readonly bytes: Buffer; readonly read: Promise<void> }[] = [];
  let asked = 0;
  let handedOn = 0;
  try {
    while (handedOn < length) {
      while (asked < length && ahead.length < PIECES_AHEAD) {
        const bytes = take(Math.min(PIECE_BYTES, length - asked));
        const read = nbd.read(asked, bytes);
        // It is awaited below, in its turn; until then its failure is no unhandled rejection.
        read.catch(() => {});
        ahead.push({ bytes, read });
        asked += bytes.length;
      }
      const next = ahead.shift();
      if (next === undefined) return;
      await next.read;
      signal.throwIfAborted();
      // Whoever takes the bytes may give them back: they are empty then.
      const { length: taken } = next.bytes;
      yield next.bytes;
      handedOn += taken;
      onProgress(handedOn / length);
    }
  } finally {
    await Promise.allSettled(ahead.map(({ read }) => read));
  }
}
