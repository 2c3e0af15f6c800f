import assert from "node:assert/strict";
import { test } from "node:test";
import { allSoon, whenThere } from "./soon.ts";

test("what is there is gone on with at once, and what comes later when it comes", async () => {
  assert.equal(
    whenThere(1, (value) => value + 1),
    2,
  );
  const later = whenThere(Promise.resolve(1), (value) => value + 1);
  assert.ok(later instanceof Promise);
  assert.equal(await later, 2);
});

test("several are there at once where each is there, and else when the last has come", async () => {
  assert.deepEqual(allSoon([1, 2]), [1, 2]);
  const later = allSoon([1, Promise.resolve(2)]);
  assert.ok(later instanceof Promise);
  assert.deepEqual(await later, [1, 2]);
});

test("what fails is not gone on with", async () => {
  const fails = Promise.reject(new Error("late")) as Promise<number>;
  await assert.rejects(async () => whenThere(fails, () => assert.fail("gone on")), /late/);
});
