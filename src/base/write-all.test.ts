import assert from "node:assert/strict";
import { type FileHandle, mkdtemp, open, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { writeAll } from "./write-all.ts";

/** The file, of which a write takes three bytes at most, as one does on a disk that runs full. */
function reluctant(file: FileHandle): FileHandle {
  const write = (bytes: Uint8Array, from: number, length: number, at: number | null) =>
    file.write(bytes, from, Math.min(3, length), at);
  return { write } as FileHandle;
}

test("all is written at its place, or behind what is there, however little a write takes", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "lodge-write-"));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, "file");
  const file = await open(path, "w");
  await writeAll(reluctant(file), Buffer.from("at the start"), null);
  await writeAll(reluctant(file), Buffer.from(", and behind"), null);
  await writeAll(reluctant(file), Buffer.from("AT THE"), 0);
  await file.close();
  assert.equal(await readFile(path, "utf8"), "AT THE start, and behind");
});
