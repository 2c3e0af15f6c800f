import assert from "node:assert/strict";
import { test } from "node:test";
import { isGood, lastLines } from "./outcome.ts";

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
