import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { takeLock } from "./file-lock.ts";

test("a lock is held by one at a time", async (t) => {
  const dir = await mkdtemp(join(tmpdir(), "lodge-lock-"));
  t.after(() => rm(dir, { recursive: true }));
  const file = join(dir, "lock");
  const release = takeLock(file);
  assert.ok(release);
  assert.equal(takeLock(file), null);
  release();
  const again = takeLock(file);
  assert.ok(again);
  again();
});

test("a file that is no lock is named, with what to do", async (t) => {
  const dir = await mkdtemp(join(tmpdir(), "lodge-lock-"));
  t.after(() => rm(dir, { recursive: true }));
  const file = join(dir, "lock");
  await writeFile(file, "x".repeat(4096));
  assert.throws(() => takeLock(file), {
    type: "failed",
    message: `${file} is damaged: remove it, there is nothing in it`,
  });
});
