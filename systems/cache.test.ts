import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { cacheFolder } from "./cache.ts";

test("what is fetched is kept beside the program, and with its user where that cannot be written", (t) => {
  const root = mkdtempSync(join(tmpdir(), "lodge-cache-"));
  t.after(() => rmSync(root, { recursive: true }));
  assert.equal(cacheFolder("a", {}, root), join(root, ".cache/a"));
  mkdirSync(join(root, ".cache"));
  assert.equal(cacheFolder("a", {}, root), join(root, ".cache/a"));
  // Not a folder at all: nobody writes there, root neither.
  writeFileSync(join(root, "file"), "");
  const closed = join(root, "file");
  assert.equal(cacheFolder("a", { XDG_CACHE_HOME: "/x" }, closed), "/x/lodge/a");
  assert.equal(cacheFolder("a", {}, closed), join(homedir(), ".cache/lodge/a"));
});
