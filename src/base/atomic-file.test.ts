import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, beforeEach, describe, test } from "node:test";
import { createFileSync, replaceFile, replaceFileSync } from "./atomic-file.ts";

const folder = mkdtempSync(join(tmpdir(), "lodge-atomic-"));
after(() => rmSync(folder, { recursive: true }));

const KINDS = {
  "one that is awaited": replaceFile,
  "one in one go": async (...args: Parameters<typeof replaceFileSync>) => replaceFileSync(...args),
};

for (const [kind, replace] of Object.entries(KINDS)) {
  describe(`a file is replaced, by ${kind},`, () => {
    let dir: string;
    let path: string;
    beforeEach(() => {
      dir = mkdtempSync(join(folder, "replace-"));
      path = join(dir, "file");
    });
    afterEach(() => rmSync(dir, { recursive: true }));

    test("whole, with the permissions that are asked for, and nothing is left beside it", async () => {
      for (const durable of [true, false]) {
        await replace(path, "a longer text", { mode: 0o644, durable });
        await replace(path, "text", { mode: 0o600, durable });
        assert.equal(readFileSync(path, "utf8"), "text");
        assert.equal(statSync(path).mode & 0o777, 0o600);
        assert.deepEqual(readdirSync(dir), ["file"]);
      }
    });

    test("also where a writer died, whose file everybody could read", async () => {
      writeFileSync(`${path}.new`, "half", { mode: 0o644 });
      await replace(path, "secret", { mode: 0o600, durable: true });
      assert.equal(statSync(path).mode & 0o777, 0o600);
      assert.deepEqual(readdirSync(dir), ["file"]);
    });

    test("or not at all, and nothing is left of what could not be put in its place", async () => {
      mkdirSync(path);
      writeFileSync(join(path, "inside"), "");
      await assert.rejects(replace(path, "text", { mode: 0o600, durable: true }));
      assert.deepEqual(readdirSync(dir), ["file"]);
      assert.deepEqual(readdirSync(path), ["inside"]);
    });
  });
}

test("several writers of one file at once leave one of their texts, and that is the last one's", async () => {
  const path = join(folder, "contended");
  const texts = Array.from({ length: 50 }, (_, index) => String(index).repeat(10_000));
  await Promise.all(texts.map((text) => replaceFile(path, text, { mode: 0o600, durable: false })));
  assert.equal(readFileSync(path, "utf8"), texts.at(-1));
});

test("a file is made once: whoever comes later is told so, and changes nothing", () => {
  const dir = mkdtempSync(join(folder, "create-"));
  const path = join(dir, "file");
  assert.equal(createFileSync(path, "first", { mode: 0o640, durable: true }), true);
  assert.equal(createFileSync(path, "second", { mode: 0o600, durable: true }), false);
  assert.equal(readFileSync(path, "utf8"), "first");
  assert.equal(statSync(path).mode & 0o777, 0o640);
  assert.deepEqual(readdirSync(dir), ["file"]);
});
