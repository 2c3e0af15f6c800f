import assert from "node:assert/strict";
import { test } from "node:test";
import { backoff } from "./backoff.ts";

test("the pause is twice as long after each failed attempt, and never longer than the longest", () => {
  const pauses = [1, 2, 3, 4, 5, 6].map((failed) => backoff(failed, 500, 10_000));
  assert.deepEqual(pauses, [500, 1000, 2000, 4000, 8000, 10_000]);
});

test("the pause stays the longest after any number of failed attempts", () => {
  for (const failed of [100, 10_000, 10_000_000]) assert.equal(backoff(failed, 5, 5000), 5000);
});

test("a first pause beyond the longest is cut to it", () => {
  assert.equal(backoff(1, 60, 50), 50);
});
