import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bounded } from "../../testing/property.ts";
import { DAYS, HOURS, MINUTES, STEPS, toldOf } from "./steps.ts";

const NOW = 1_803_859_217;

test("a range is told by the shortest step that is kept for all of it", () => {
  const stepOf = (ago: number, to = NOW) => toldOf({ from: NOW - ago, to }, NOW).step;
  assert.equal(stepOf(3600), MINUTES);
  assert.equal(stepOf(25 * 3600), MINUTES);
  assert.equal(stepOf(25 * 3600 + 1), HOURS);
  assert.equal(stepOf(26 * 3600, NOW - 25.5 * 3600), HOURS);
  assert.equal(stepOf(35 * 86_400), HOURS);
  assert.equal(stepOf(35 * 86_400 + 1), DAYS);
  assert.equal(stepOf(5000 * 86_400), DAYS);
});

test("whatever is asked for, what is told has no more steps than are kept, from a whole one on", () => {
  const time = fc.integer({ min: 0, max: 999_999_999_999 });
  fc.assert(
    fc.property(time, time, time, (from, to, now) => {
      const told = toldOf({ from, to }, now);
      const { stepS, keptS } = told.step;
      assert.equal(told.from % stepS, 0);
      assert.ok((told.to - told.from) / stepS <= keptS / stepS + 2);
      assert.ok(told.to <= now + 1);
    }),
    bounded(500),
  );
});

test("each step and each row is a whole number of those before it", () => {
  for (const [index, { stepS, rowS, keptS }] of STEPS.entries()) {
    assert.equal(rowS % stepS, 0);
    assert.ok(keptS >= rowS);
    const longer = STEPS[index + 1];
    // What a row comes to is one sample of the next longer step.
    if (longer !== undefined) assert.equal(longer.stepS, rowS);
  }
});
