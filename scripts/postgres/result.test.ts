import assert from "node:assert/strict";
import { test } from "node:test";
import { resultOf, table } from "./result.ts";

const RUN = ["✔ a claim holds (2 ms)", "ℹ PostgreSQL 17.10", "3 passed, 1 failed"];

test("a run's counts are those of its last line, on the version that its tests heard", () => {
  const result = { version: "17", server: "17.10", passed: 3, failed: 1 };
  assert.deepEqual(resultOf("17", RUN, 1), result);
  assert.deepEqual(resultOf("17", [...RUN, "4 passed, 0 failed"], 0), { ...result, passed: 4, failed: 0 });
});

test("tests that ran on another version, or on none, count as one more that failed", () => {
  assert.equal(resultOf("18", RUN, 1).failed, 2);
  assert.deepEqual(resultOf("17", ["4 passed, 0 failed"], 0), {
    ...{ version: "17", server: null },
    ...{ passed: 4, failed: 1 },
  });
});

test("a run that failed otherwise, or was ended, is not one without failures", () => {
  const good = ["ℹ PostgreSQL 17.10", "1 file not run, or not to the end", "4 passed, 0 failed"];
  assert.equal(resultOf("17", good, 1).failed, 1);
  assert.equal(resultOf("17", good.slice(0, 1), null).failed, 1);
});

test("the table has a line for each version, and the counts of all come last", () => {
  const results = [resultOf("16", [], null), resultOf("17", RUN, 1)];
  assert.deepEqual(table(results), [
    "version           | passed | failed",
    "----------------- | ------ | ------",
    "16 (not heard of) |      0 |      1",
    "17.10             |      3 |      1",
    "3 passed, 2 failed",
  ]);
});
