import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { chosenFiles, names } from "./files.ts";
import { SUITES } from "./suites.ts";

const ROOT = join(import.meta.dirname, "../..");

test("a word names a test file as itself, as a folder above it or as a pattern", () => {
  const file = "src/http/text.test.ts";
  for (const word of [file, `./${file}`, "src/http", "src/http/", "src", "src/**/text*"]) {
    assert.equal(names(word, file), true, word);
  }
  for (const word of ["http", "src/h", "text.test.ts", "test"]) assert.equal(names(word, file), false, word);
});

test("without words all test files are taken, this one among them, those across modules first", () => {
  const files = chosenFiles(ROOT, []);
  assert.ok(files.includes("scripts/test/files.test.ts"));
  const across = files.map((file) => file.startsWith("test/"));
  assert.equal(across.lastIndexOf(true) < across.indexOf(false), true);
});

test("a word that names no test file takes none", () => {
  assert.deepEqual(chosenFiles(ROOT, ["src/nowhere"]), []);
});

test("whole images are tested by a suite of their own, which takes nothing else", () => {
  const everyday = chosenFiles(ROOT, []);
  const images = chosenFiles(ROOT, [], SUITES.images);
  assert.ok(images.includes("test/images/debian-12.test.ts"));
  assert.deepEqual(
    images.filter((file) => !file.startsWith("test/images/") || everyday.includes(file)),
    [],
  );
});
