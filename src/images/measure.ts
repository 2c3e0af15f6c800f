/** What a content is, found while it streams by: its checksum, and of gzip that it is whole and how much is in it. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createGunzip } from "node:zlib";
import { usage } from "../base/errors.ts";
import type { Content } from "./records.ts";

/** The first bytes of gzip (RFC 1952). */
const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);

export type Measure = {
  /** Takes the next bytes. Errors: `usage` when they are not what they should be. */
  take(bytes: Uint8Array): Promise<void>;
  /** No more bytes come. Errors: `usage`, as above. */
  finish(): Promise<Content>;
  /** Lets go of it before its end. */
  drop(): void;
};

/** @param isGzip whether the content is to be gzip; what was said otherwise than it is, is refused. */
export function measure(isGzip: boolean): Measure {
  const hash = createHash("sha256");
  const gunzipped = isGzip ? gunzippedSize() : null;
  let start = Buffer.alloc(0);
  let bytesTaken = 0;

  /** Judges as soon as enough is there for it, or nothing more comes. */
  function judgeStart(bytes: Uint8Array): void {
    if (start.length >= GZIP_MAGIC.length) return;
    start = Buffer.concat([start, bytes.subarray(0, GZIP_MAGIC.length - start.length)]);
    if (start.length < GZIP_MAGIC.length) return;
    const found = start.equals(GZIP_MAGIC);
    if (found && !isGzip) throw usage("the content is gzip: say so with --gzip, or gunzip it first for a CD");
    if (!found && isGzip)
      throw usage("the content is not gzip, as this image's is said to be: gzip it first");
  }

  return {
    async take(bytes) {
      judgeStart(bytes);
      hash.update(bytes);
      bytesTaken += bytes.length;
      await gunzipped?.take(bytes);
    },
    async finish() {
      const rawSizeBytes = gunzipped === null ? bytesTaken : await gunzipped.finish();
      return { sha256: hash.digest("hex"), rawSizeBytes };
    },
    drop: () => gunzipped?.drop(),
  };
}

/** Gunzips and counts. Padding of zeroes behind the stream's end is no error (real clients: 11). */
function gunzippedSize() {
  const gunzip = createGunzip();
  let sizeBytes = 0;
  let ended = false;
  const counting = (async () => {
    for await (const piece of gunzip) sizeBytes += (piece as Buffer).length;
  })()
    .catch((cause: unknown) => {
      throw usage(`the gzip is damaged: ${(cause as Error).message}`, { cause });
    })
    .finally(() => {
      ended = true;
    });
  // Whoever takes or finishes is told.
  counting.catch(() => {});

  return {
    async take(bytes: Uint8Array) {
      if (!ended && !gunzip.write(bytes)) {
        // What breaks it is told by the count of it.
        await Promise.race([once(gunzip, "drain").catch(() => counting), counting]);
      }
      if (ended) await counting;
    },
    async finish(): Promise<number> {
      if (!ended) gunzip.end();
      await counting;
      return sizeBytes;
    },
    drop: () => gunzip.destroy(),
  };
}
