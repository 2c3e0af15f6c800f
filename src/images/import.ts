/**
 * Importing a standard image: its room is reserved, its bytes stream into a file that is none of a drive's yet, and when
 * they are whole and found right, the image is there for everybody at once. What interrupts it leaves what came so far,
 * and the same import goes on behind it.
 */

import { join } from "node:path";
import { failed, LodgeError, usage } from "../base/errors.ts";
import { countDiskSpace, diskFull, isOutOfSpace, type VolumeFolder } from "../host/volumes/face.ts";
import type { ImageStore } from "./image-store.ts";
import type { LeasedImage } from "./leased-image.ts";
import { Measure } from "./measure.ts";
import type { Leftover } from "./records.ts";
import type { Content, Description } from "./row.ts";
import { Filling, removeSealed } from "./sealed-file.ts";
import { openSource, type SourceContent } from "./source.ts";

export type ImportOrder = {
  readonly image: Description;
  /** A file's name, or a URL. */
  readonly from: string;
  /** What the content must have, in lower case; null: whatever it has. */
  readonly sha256: string | null;
};

/** What an import reports while it goes on. */
export type ImportEvent =
  | {
      readonly kind: "progress";
      readonly doneBytes: number;
      readonly totalBytes: number;
      /** How much of it an earlier import had brought. */
      readonly earlierBytes: number;
    }
  /** It broke off; repeated, it goes on behind these. */
  | { readonly kind: "kept"; readonly keptBytes: number };

/** Imports it, and answers what its content is. Errors: `usage`, `busy`, `full`, `failed`. */
export async function importImage(
  { records, folder }: ImageStore,
  order: ImportOrder,
  report: (event: ImportEvent) => void,
): Promise<Content> {
  const { leased, leftover } = await records.take(order.image);
  return leased.whileLeased((signal) => fillImage({ folder, order, report, leased, signal }, leftover));
}

type ImportDependencies = {
  readonly folder: VolumeFolder;
  readonly order: ImportOrder;
  readonly report: (event: ImportEvent) => void;
  readonly leased: LeasedImage;
  /** Aborts when another process takes the image over. */
  readonly signal: AbortSignal;
};

/** Brings the content of an image that is leased. Errors: those of `importImage`; what came is kept where it can be gone on with. */
export function fillImage(dependencies: ImportDependencies, leftover: Leftover | null): Promise<Content> {
  return new Import(dependencies).run(leftover);
}

class Import {
  readonly #folder: VolumeFolder;
  readonly #order: ImportOrder;
  readonly #report: (event: ImportEvent) => void;
  readonly #leased: LeasedImage;
  readonly #signal: AbortSignal;
  /** Whether what is there is the beginning of what the row names. */
  #isRight = true;

  constructor({ folder, order, report, leased, signal }: ImportDependencies) {
    this.#folder = folder;
    this.#order = order;
    this.#report = report;
    this.#leased = leased;
    this.#signal = signal;
  }

  async run(leftover: Leftover | null): Promise<Content> {
    const { uuid } = this.#order.image;
    if (leftover?.removing) await removeSealed(this.#folder, uuid);
    const earlierSource = leftover?.removing ? null : (leftover?.source ?? null);
    const earlierBytes = earlierSource === null ? 0 : (leftover?.sizeBytes ?? 0);
    const file = await Filling.open(this.#folder, uuid, earlierBytes);
    try {
      return await this.#fill(file, earlierSource);
    } catch (error) {
      // What is there belongs to the process that took it over.
      this.#signal.throwIfAborted();
      await this.#settle(file.keptBytes()).catch((settling: Error) => {
        throw failed(`${(error as Error).message}; what is left of it: ${settling.message}`, {
          cause: error,
        });
      });
      throw isOutOfSpace(error) ? diskFull(error) : error;
    } finally {
      await file.close();
    }
  }

  async #fill(file: Filling, earlierSource: string | null): Promise<Content> {
    const { image, from } = this.#order;
    const earlier = earlierSource === null ? null : { source: earlierSource, offset: file.keptBytes() };
    const source = await openSource(from, earlier, this.#signal);
    try {
      if (source.totalBytes === 0) throw usage(`${from} is empty`);
      // Before the row says that what is there comes from this source, nothing of another may be there.
      await file.cut(source.offset);
      await this.#leased.reserve(
        source.source,
        source.totalBytes,
        await countDiskSpace(join(this.#folder.home, "drives")),
      );
      const content = await this.#transfer(file, source).catch((error: unknown) => {
        this.#isRight = source.source !== null && !isWrong(error);
        throw error;
      });
      await file.seal();
      await this.#leased.finish(image, content);
      return content;
    } finally {
      await source.drop();
    }
  }

  /** Leaves what came for another import, or nothing. */
  async #settle(keptBytes: number): Promise<void> {
    if (this.#isRight && keptBytes > 0) {
      await this.#leased.release();
      this.#report({ kind: "kept", keptBytes });
    } else {
      // First the row: where the image was finished after all, and nobody could say so, its file stays.
      await this.#leased.discard();
      await removeSealed(this.#folder, this.#order.image.uuid);
      await this.#leased.forget();
    }
  }

  /** Streams the source into the file, within a bound of memory. Errors: `usage` when the content is wrong. */
  async #transfer(file: Filling, source: SourceContent): Promise<Content> {
    const { offset, totalBytes } = source;
    const { image, from, sha256 } = this.#order;
    const measured = new Measure(image.format === "gzip");
    try {
      await file.read((bytes) => measured.take(bytes));
      let doneBytes = offset;
      for await (const bytes of source.bytes) {
        this.#signal.throwIfAborted();
        await measured.take(bytes);
        await file.append(bytes);
        doneBytes += bytes.length;
        this.#report({ kind: "progress", doneBytes, totalBytes, earlierBytes: offset });
      }
      if (doneBytes !== totalBytes) throw failed(`${from} ended after ${doneBytes} bytes of ${totalBytes}`);
      const content = await measured.finish();
      if (sha256 !== null && content.sha256 !== sha256) {
        throw usage(`the content has the SHA-256 ${content.sha256}, not ${sha256}`);
      }
      return content;
    } finally {
      measured.drop();
    }
  }
}

/** Whether the content itself was at fault, so that going on with it leads nowhere. */
const isWrong = (error: unknown) => error instanceof LodgeError && error.type === "usage";
