/** Uploading an image: a new drive, then its bytes in gzipped chunks (spec: step 3 of the worked example). */
import { createDrive, writeChunk } from "./drive.ts";
import { openImage } from "./image.ts";
import { type TransferDependencies, transfer } from "./transfer.ts";

export type Upload = {
  readonly file: string;
  /** The image is gzipped. */
  readonly gzipped: boolean;
  /** The drive to write to; a new one is made when it is not said. */
  readonly drive: string | null;
  readonly name: string;
  readonly shared: boolean;
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
  await transfer(
    {
      verb: "Uploading",
      drive,
      sizeBytes,
      offset,
      chunkBytes,
      chunks: image.chunks(offset, chunkBytes),
      async move(chunk, either) {
        await writeChunk(endpoint, drive, chunk.offset, chunk.bytes, either);
        return chunk.bytes;
      },
    },
    dependencies,
  );
}
