import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { chosenFiles, everydayFiles, isPure, knownSeconds, names } from "./files.ts";
import { LONG } from "./long.ts";
import { SUITES } from "./suites.ts";

const ROOT = join(import.meta.dirname, "../..");

test("a word names a test file as itself, as a folder above it or as a pattern", () => {
  const file = "src/http/text.test.ts";
  for (const word of [file, `./${file}`, "src/http", "src/http/", "src", "src/**/text*"]) {
    assert.equal(names(word, file), true, word);
  }
  for (const word of ["http", "src/h", "text.test.ts", "test"]) assert.equal(names(word, file), false, word);
});

test("without words all test files are taken: pure rules first, then what took longest, then the larger ones", () => {
  const files = chosenFiles(ROOT, []);
  assert.ok(files.includes("scripts/test/files.test.ts"));
  const withProcesses = files.filter((file) => !isPure(file));
  assert.deepEqual(files, [...files.filter(isPure), ...withProcesses]);
  assert.ok(isPure("src/http/errors.test.ts"));
  for (const file of ["src/host/qemu/server-host.test.ts", "test/state/lifecycle.test.ts"]) {
    assert.ok(!isPure(file), file);
  }
  const seconds = withProcesses.map((file) => knownSeconds().get(file) ?? 0);
  assert.deepEqual(
    seconds,
    seconds.toSorted((one, other) => other - one),
  );
  assert.ok((seconds[0] ?? 0) > 60);
  const unknown = withProcesses.slice(seconds.indexOf(0));
  const bytes = unknown.map((file) => statSync(join(ROOT, file)).size);
  assert.deepEqual(
    bytes,
    bytes.toSorted((one, other) => other - one),
  );
});

test("each file of which is known how long it takes, or that it takes long, is there", () => {
  const files = chosenFiles(ROOT, []);
  assert.deepEqual(
    [...knownSeconds().keys(), ...LONG].filter((file) => !files.includes(file)),
    [],
  );
});

test("at every change all files are run but those that take long, in the same order", () => {
  const [all, everyday] = [chosenFiles(ROOT, []), everydayFiles(ROOT)];
  assert.deepEqual(
    all.filter((file) => !LONG.includes(file)),
    everyday,
  );
  assert.equal(everyday.length, all.length - LONG.length);
});

test("a word that names no test file takes none", () => {
  assert.deepEqual(chosenFiles(ROOT, ["src/nowhere"]), []);
});

test("whole images, and the package, are tested by suites of their own, which take nothing else", () => {
  const everyday = chosenFiles(ROOT, []);
  for (const [suite, file] of [
    ["images", "debian-12"],
    ["package", "package"],
  ] as const) {
    const chosen = chosenFiles(ROOT, [], SUITES[suite]);
    assert.ok(chosen.includes(`test/${suite}/${file}.test.ts`));
    assert.deepEqual(
      chosen.filter((each) => !each.startsWith(`test/${suite}/`) || everyday.includes(each)),
      [],
    );
  }
});
