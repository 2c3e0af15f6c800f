import assert from "node:assert/strict";
import { test } from "node:test";
import { Histogram } from "./histogram.ts";

test("what is observed counts at its bound and at all above it, and what is beyond the last counts in all alone", () => {
  const histogram = new Histogram([0.25, 1]);
  for (const value of [0, 0.25, 0.5, 1, 4]) histogram.observe(value);
  assert.deepEqual(histogram.figures, {
    upTo: [
      { bound: 0.25, count: 2 },
      { bound: 1, count: 4 },
    ],
    count: 5,
    sum: 5.75,
  });
});
