/** Uploading an image: a new drive, then its bytes in chunks, gzipped or not (spec: step 3 of the worked example). */
import { ChunkBuffers } from "./chunk-buffers.ts";
import { ChunkWriter } from "./chunk-writer.ts";
import { createDrive } from "./drive.ts";
import { Encoder, type GzipChoice } from "./encoder.ts";
import { isNear } from "./endpoint.ts";
import { openImage } from "./image.ts";
import { Line } from "./line.ts";
import { mostChunks, type TransferDependencies, transfer } from "./transfer.ts";

export type Upload = {
  readonly file: string;
  /** The image is gzipped. */
  readonly gzipped: boolean;
  /** The drive to write to; a new one is made when it is not said. */
  readonly drive: string | null;
  readonly name: string;
  readonly shared: boolean;
  readonly gzip: GzipChoice;
  readonly chunkBytes: number;
  /** Where in the image, and in the drive, to begin. */
  readonly offset: number;
};

/**
 * Uploads an image whole, printing which drive it made.
 *
 * Errors: those of opening it and of making the drive; after that `Unfinished`.
 */
export async function upload(
  job: Upload,
  print: (line: string) => Promise<void>,
  dependencies: TransferDependencies,
): Promise<void> {
  const { endpoint, signal } = dependencies;
  const image = await openImage(job.file, job.gzipped);
  const { sizeBytes } = image;
  if (sizeBytes === 0) throw new Error(`${job.file} is empty: there is nothing to upload`);
  if (job.offset > sizeBytes)
    throw new Error(`${job.file} ends at ${sizeBytes}, before the offset ${job.offset}`);
  const { name, shared } = job;
  const drive = job.drive ?? (await createDrive(endpoint, { name, sizeBytes, shared }, signal));
  if (job.drive === null) await print(`Created drive ${drive} of size ${sizeBytes}`);

  const { offset, chunkBytes } = job;
  const line = new Line(mostChunks(chunkBytes), { isNear: isNear(endpoint) });
  const buffers = new ChunkBuffers(Math.min(chunkBytes, sizeBytes));
  const target = { endpoint, drive, isNew: job.drive === null };
  const writer = new ChunkWriter(target, new Encoder(job.gzip, line), buffers);
  await transfer(
    {
      verb: "Uploading",
      drive,
      sizeBytes,
      offset,
      chunkBytes,
      chunks: writer.parts(image.chunks(offset, { chunkBytes, buffers, isSparse: target.isNew })),
      line,
      async move(part, carry) {
        await writer.write(part, carry);
        return part;
      },
    },
    dependencies,
  );
}
