import assert from "node:assert/strict";
import { test } from "node:test";
import { Pace } from "./pace.ts";

const LIMITS = { silenceMs: 1000, floorBytesPerSecond: 100 };

/** A pace by a clock of the test's own, and a wait for so long by it. */
function openPace() {
  let nowMs = 0;
  const pace = new Pace(LIMITS, () => nowMs);
  const wait = (forMs: number) => {
    const waited = pace.wait(Promise.resolve(), 60_000, assert.fail);
    nowMs += forMs;
    return waited;
  };
  return { pace, wait };
}

test("who gives a byte now and then is waited for no longer than who gives none", async () => {
  const { pace, wait } = openPace();
  for (let count = 0; count < 10; count++) {
    await wait(100);
    pace.moved(1);
  }
  assert.equal(pace.leftMs, 100);
  await wait(100);
  assert.equal(pace.leftMs, 0);
});

test("who keeps to the floor is waited for as long as they like", async () => {
  const { pace, wait } = openPace();
  for (let count = 0; count < 100; count++) {
    await wait(1000);
    pace.moved(100);
  }
  assert.equal(pace.leftMs, 1000);
});

test("who gave more than any timer's time is worth is waited for as long as a timer can", () => {
  const { pace } = openPace();
  pace.moved(Number.MAX_SAFE_INTEGER);
  assert.equal(pace.leftMs, 2 ** 31 - 1);
});

test("what does not come in time is told", async () => {
  const late = Promise.withResolvers<void>();
  const { pace } = openPace();
  await pace.wait(late.promise, 1, () => late.resolve());
});
