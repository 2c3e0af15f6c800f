import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { chosenFiles, names, stageOf } from "./files.ts";
import { SUITES } from "./suites.ts";

const ROOT = join(import.meta.dirname, "../..");

test("a word names a test file as itself, as a folder above it or as a pattern", () => {
  const file = "src/http/text.test.ts";
  for (const word of [file, `./${file}`, "src/http", "src/http/", "src", "src/**/text*"]) {
    assert.equal(names(word, file), true, word);
  }
  for (const word of ["http", "src/h", "text.test.ts", "test"]) assert.equal(names(word, file), false, word);
});

test("without words all test files are taken, each in a stage: pure rules first, guests last", () => {
  const files = chosenFiles(ROOT, []);
  assert.ok(files.includes("scripts/test/files.test.ts"));
  const stages = files.map(stageOf);
  assert.deepEqual(
    stages,
    stages.toSorted((one, other) => one - other),
  );
  assert.equal(stageOf(files[0] ?? ""), 0);
  const of = (file: string) => stageOf(file);
  assert.ok(of("src/http/errors.test.ts") < of("test/state/lifecycle.test.ts"));
  assert.ok(of("test/state/lifecycle.test.ts") < of("src/host/qemu/server-host.test.ts"));
  assert.ok(of("src/host/qemu/server-host.test.ts") < of("test/conformance/servers.test.ts"));
  assert.ok(of("test/conformance/servers.test.ts") < of("test/guest/boot.test.ts"));
  assert.equal(of("test/example.test.ts"), of("test/guest/boot.test.ts"));
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
