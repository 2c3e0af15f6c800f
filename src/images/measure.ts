/** What a content is, found while it streams by: its checksum, and of gzip that it is whole and how much is in it. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { PassThrough } from "node:stream";
import { usage } from "../base/errors.ts";
import { gunzipped } from "../base/gunzip.ts";
import type { Content } from "./row.ts";

/** The first bytes of gzip (RFC 1952). */
const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);

export class Measure {
  readonly #hash = createHash("sha256");
  readonly #gunzipped: GunzippedSize | null;
  #start = Buffer.alloc(0);
  #bytesTaken = 0;

  /** @param isGzip whether the content is to be gzip; what was said otherwise than it is, is refused. */
  constructor(isGzip: boolean) {
    this.#gunzipped = isGzip ? new GunzippedSize() : null;
  }

  /** Takes the next bytes. Errors: `usage` when they are not what they should be. */
  async take(bytes: Uint8Array): Promise<void> {
    this.#checkStart(bytes);
    this.#hash.update(bytes);
    this.#bytesTaken += bytes.length;
    await this.#gunzipped?.take(bytes);
  }

  /** No more bytes come. Errors: `usage`, as above. */
  async finish(): Promise<Content> {
    const rawSizeBytes = this.#gunzipped === null ? this.#bytesTaken : await this.#gunzipped.finish();
    return { sha256: this.#hash.digest("hex"), rawSizeBytes };
  }

  /** Ends it, also before its end. */
  drop(): void {
    this.#gunzipped?.drop();
  }

  /** Checks as soon as enough is there for it. */
  #checkStart(bytes: Uint8Array): void {
    if (this.#start.length >= GZIP_MAGIC.length) return;
    const isGzip = this.#gunzipped !== null;
    this.#start = Buffer.concat([this.#start, bytes.subarray(0, GZIP_MAGIC.length - this.#start.length)]);
    if (this.#start.length < GZIP_MAGIC.length) return;
    const found = this.#start.equals(GZIP_MAGIC);
    if (found && !isGzip) throw usage("the content is gzip: say so with --gzip, or gunzip it first for a CD");
    if (!found && isGzip)
      throw usage("the content is not gzip, as this image's is said to be: gzip it first");
  }
}

/** Gunzips and counts. Padding of zeroes behind the stream's end is no error (real clients: 11). */
class GunzippedSize {
  readonly #gzip = new PassThrough();
  readonly #counting: Promise<void>;
  #sizeBytes = 0;
  #ended = false;

  constructor() {
    this.#counting = this.#count();
    // Whoever takes or finishes is told.
    this.#counting.catch(() => {});
  }

  async #count(): Promise<void> {
    try {
      for await (const piece of gunzipped(this.#gzip)) this.#sizeBytes += piece.length;
    } catch (cause) {
      throw usage(`the gzip is damaged: ${(cause as Error).message}`, { cause });
    } finally {
      this.#ended = true;
    }
  }

  async take(bytes: Uint8Array): Promise<void> {
    if (!this.#ended && !this.#gzip.write(bytes)) {
      // What breaks it is thrown by the count of it.
      const drained = once(this.#gzip, "drain").catch(() => this.#counting);
      await Promise.race([drained, this.#counting]);
    }
    if (this.#ended) await this.#counting;
  }

  async finish(): Promise<number> {
    if (!this.#ended) this.#gzip.end();
    await this.#counting;
    return this.#sizeBytes;
  }

  drop(): void {
    this.#gzip.destroy();
  }
}
