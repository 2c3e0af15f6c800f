/** Fetching a URL's content into a volume: as it comes, and only where it is what it is to be. */
import { createHash } from "node:crypto";
import { full, LodgeError, usage } from "../../base/errors.ts";
import type { Downloaded, Downloader } from "../../download/download.ts";
import type { FetchJob } from "../host.ts";
import { widenSendBuffer } from "../process/send-buffer.ts";
import type { NbdConnection } from "../wire/nbd.ts";
import { writeStream } from "./transfer.ts";

export type Fetching = {
  readonly job: FetchJob;
  readonly to: NbdConnection;
  readonly downloader: Downloader;
  readonly onProgress: (part: number) => void;
  readonly signal: AbortSignal;
};

/**
 * Fetches into an open volume that reads as zeroes, and answers once all of it is on stable storage. Errors: `usage`, the
 * source does not give it, or gives something else; `full` when it does not fit; SourceLost; NBD's.
 */
export async function fetchInto({ job, to, downloader, onProgress, signal }: Fetching): Promise<void> {
  const { sizeBytes } = job.target;
  to.widen((socket) => widenSendBuffer(socket));
  await downloader.download({ url: job.url, mostBytes: sizeBytes, signal }, async (content) => {
    const bytes = checked(content, job, onProgress);
    try {
      await writeStream(to, bytes, { offset: 0, endBytes: sizeBytes, lengthBytes: 0 });
    } catch (error) {
      if (!(error instanceof LodgeError && error.code === "write_past_end")) throw error;
      throw full(`the content does not fit: the drive has ${sizeBytes} bytes`, { cause: error });
    }
  });
}

/** The bytes as they come. Errors: `usage`, once all have come, where they are others than they should be. */
async function* checked(
  { bytes, totalBytes }: Downloaded,
  { sha256, target }: FetchJob,
  onProgress: (part: number) => void,
): AsyncGenerator<Uint8Array> {
  const hash = sha256 === null ? null : createHash("sha256");
  let doneBytes = 0;
  for await (const chunk of bytes) {
    hash?.update(chunk);
    doneBytes += chunk.byteLength;
    yield chunk;
    onProgress(Math.min(1, doneBytes / (totalBytes ?? target.sizeBytes)));
  }
  const found = hash?.digest("hex") ?? null;
  if (found !== sha256) throw usage(`the content has the SHA-256 ${found}, not ${sha256}`);
}
