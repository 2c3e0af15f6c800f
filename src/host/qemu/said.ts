/**
 * What a QEMU writes to standard error, by a pipe to the daemon: QEMU has no file of its own to fill. The first of it is
 * kept, in memory for the error of a launch and in a file for the operator. A QEMU that outlives the daemon writes to
 * nobody, which it does not mind.
 */
import type { Readable } from "node:stream";
import { writeAll } from "../../base/write-all.ts";
import { openLog, type RunDirectory } from "./run-directory.ts";

const KEPT_BYTES = 64 * 2 ** 10;

export class Said {
  readonly #kept: Buffer[] = [];
  #bytes = 0;
  #writing: Promise<void> = Promise.resolve();

  /** Takes what comes, until it ends. What cannot be written is kept in memory alone. */
  constructor(from: Readable, directory: RunDirectory) {
    from.on("data", (bytes: Buffer) => {
      const kept = bytes.subarray(0, KEPT_BYTES - this.#bytes);
      if (kept.length === 0) return;
      this.#bytes += kept.length;
      this.#kept.push(kept);
      this.#writing = this.#writing.then(() => append(directory, kept)).catch(() => {});
    });
    // How the process ends says how it fared.
    from.on("error", () => from.destroy());
  }

  text(): string {
    return Buffer.concat(this.#kept).toString();
  }
}

async function append(directory: RunDirectory, bytes: Buffer): Promise<void> {
  const file = await openLog(directory);
  try {
    await writeAll(file, bytes, null);
  } finally {
    await file.close();
  }
}
