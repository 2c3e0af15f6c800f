import assert from "node:assert/strict";
import { test } from "node:test";
import { isGood, lastLines, together } from "./outcome.ts";

test("a run is good when all of it ran and nothing failed", () => {
  assert.equal(isGood({ passed: 3, failed: 0, notRun: [] }), true);
  assert.equal(isGood({ passed: 0, failed: 0, notRun: [] }), false);
  assert.equal(isGood({ passed: 3, failed: 1, notRun: [] }), false);
  assert.equal(isGood({ passed: 3, failed: 0, notRun: ["a.test.ts"] }), false);
});

test("files not run are named before the last line, which counts none of them", () => {
  assert.deepEqual(lastLines({ passed: 3, failed: 1, notRun: [] }), ["3 passed, 1 failed"]);
  assert.deepEqual(lastLines({ passed: 3, failed: 0, notRun: ["a.test.ts", "b.test.ts"] }), [
    "2 files not run, or not to the end, as the run's limit came first:",
    "  a.test.ts",
    "  b.test.ts",
    "3 passed, 0 failed",
  ]);
  assert.match(lastLines({ passed: 3, failed: 0, notRun: ["a.test.ts"] })[0] ?? "", /^1 file not run/);
});

test("what failed beside others and passed by itself is passed, and named; what fails again has failed", () => {
  const first = { passed: 10, failed: 3, notRun: [] };
  const files = new Map([
    ["a.test.ts", 4],
    ["b.test.ts", 0],
  ]);
  const good = together(first, { passed: 7, failed: 0, notRun: [] }, files);
  assert.deepEqual(good, { passed: 13, failed: 0, notRun: [], alone: ["a.test.ts", "b.test.ts"] });
  assert.equal(isGood(good), true);
  assert.deepEqual(lastLines(good), [
    "Failed beside others, and passed by themselves:",
    "  a.test.ts",
    "  b.test.ts",
    "13 passed, 0 failed",
  ]);
  const bad = together(first, { passed: 6, failed: 1, notRun: [] }, files);
  assert.deepEqual(bad, { passed: 12, failed: 1, notRun: [], alone: [] });
  assert.equal(isGood(together(first, { passed: 6, failed: 0, notRun: ["b.test.ts"] }, files)), false);
});
