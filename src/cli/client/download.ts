/** Downloading a drive: its bytes in chunks, written in order, its length verified. */
import { ChunkBuffers } from "./chunk-buffers.ts";
import { driveSize, readChunk } from "./drive.ts";
import { Line } from "./line.ts";
import type { Sink } from "./sink.ts";
import { mostChunks, type TransferDependencies, transfer } from "./transfer.ts";

export type Download = {
  readonly drive: string;
  readonly chunkBytes: number;
  /** Where in the drive to begin. */
  readonly offset: number;
  /** Opens what takes the bytes; called once the drive is known to be there. */
  readonly open: () => Promise<Sink>;
};

/**
 * Downloads a drive whole.
 *
 * Errors: those of finding the drive and of opening the sink; after that `Unfinished`.
 */
export async function download(job: Download, dependencies: TransferDependencies): Promise<void> {
  const { endpoint, signal } = dependencies;
  const { drive, offset, chunkBytes } = job;
  const sizeBytes = await driveSize(endpoint, drive, signal);
  if (offset > sizeBytes) throw new Error(`drive ${drive} ends at ${sizeBytes}, before the offset ${offset}`);
  await using sink = await job.open();
  const buffers = new ChunkBuffers(Math.min(chunkBytes, sizeBytes));
  await transfer(
    {
      verb: "Downloading",
      drive,
      sizeBytes,
      offset,
      chunkBytes,
      chunks: starts(offset, sizeBytes, chunkBytes),
      line: new Line(mostChunks(chunkBytes)),
      async move(start, carry) {
        const lengthBytes = Math.min(chunkBytes, sizeBytes - start);
        const bytes = buffers.take().subarray(0, lengthBytes);
        const load = { bytes: lengthBytes, gzipped: false, heldBytes: lengthBytes };
        await carry(load, (signal) => readChunk(endpoint, drive, start, bytes, signal));
        return { lengthBytes, bytes, encoded: await sink.encode(bytes) };
      },
      async take({ lengthBytes, bytes, encoded }) {
        await sink.append(encoded, lengthBytes);
        buffers.giveBack(bytes);
      },
      finish: () => sink.finish(sizeBytes),
    },
    dependencies,
  );
}

function* starts(offset: number, sizeBytes: number, chunkBytes: number): Generator<number> {
  for (let start = offset; start < sizeBytes; start += chunkBytes) yield start;
}
