/**
 * A checksum behind what a file holds, of all of it: pages of a database that are overwritten with others' bytes can make a
 * database that SQLite finds whole. SQLite reads as many pages as the first one says, and nothing behind them.
 */
import { createHash } from "node:crypto";
import { appendFileSync, closeSync, fstatSync, openSync, readSync } from "node:fs";

const MARK = "\nsha256 of all before this line: ";
const LENGTH = MARK.length + 64 + 1;
const READ_BYTES = 1 << 20;

/** Writes the checksum behind what the file holds. Errors: the file system's. */
export function appendChecksum(file: string): void {
  appendFileSync(file, trailerOf(withFile(file, (descriptor, size) => digestOf(descriptor, size))));
}

/** Whether the file holds what it did when its checksum was written; `none` where no checksum is at its end. */
export function checkFile(file: string): "whole" | "damaged" | "none" {
  return withFile(file, (descriptor, size) => {
    const content = size - LENGTH;
    if (content < 0) return "none";
    const trailer = Buffer.alloc(LENGTH);
    readSync(descriptor, trailer, 0, LENGTH, content);
    const said = trailer.toString("latin1");
    if (!said.startsWith(MARK)) return "none";
    return said === trailerOf(digestOf(descriptor, content)) ? "whole" : "damaged";
  });
}

const trailerOf = (digest: string) => `${MARK}${digest}\n`;

function digestOf(descriptor: number, size: number): string {
  const hash = createHash("sha256");
  const buffer = Buffer.alloc(READ_BYTES);
  for (let at = 0; at < size; ) {
    const read = readSync(descriptor, buffer, 0, Math.min(READ_BYTES, size - at), at);
    if (read === 0) throw new Error("the file became shorter while it was read");
    hash.update(buffer.subarray(0, read));
    at += read;
  }
  return hash.digest("hex");
}

function withFile<T>(file: string, work: (descriptor: number, size: number) => T): T {
  const descriptor = openSync(file, "r");
  try {
    return work(descriptor, fstatSync(descriptor).size);
  } finally {
    closeSync(descriptor);
  }
}
