import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { SparseFile } from "./sink.ts";

test("a download whose disk failed meanwhile is not told to be whole, though the system tells of that once", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sink-"));
  t.after(() => rmSync(folder, { recursive: true }));
  await using handle = await open("/dev/null");
  const failing = async () => {
    throw new Error("the disk failed");
  };
  t.mock.method(Object.getPrototypeOf(handle) as FileHandle, "datasync", failing);
  await using file = await SparseFile.open(join(folder, "image"), 0);
  const bytes = new Uint8Array(32 * 2 ** 20).fill(1);
  await file.append(bytes);
  await assert.rejects(file.finish(bytes.length), /^Error: the disk failed$/);
});
