import assert from "node:assert/strict";
import { test } from "node:test";
import { DeadlineExceeded, within, withinOr } from "./deadline.ts";

const never = new Promise<never>(() => {});

test("work that is late is an error that names it and the time", async () => {
  await assert.rejects(within(1, "the answer of nobody", never), (error) => {
    assert.ok(error instanceof DeadlineExceeded);
    assert.deepEqual([error.what, error.afterMs], ["the answer of nobody", 1]);
    return /the answer of nobody took longer than 1 ms/.test(error.message);
  });
});

test("work that is in time is answered, or fails with its own error", async () => {
  assert.equal(await within(60_000, "it", Promise.resolve(7)), 7);
  await assert.rejects(within(60_000, "it", Promise.reject(new Error("its own"))), /its own/);
  assert.equal(await withinOr(60_000, Promise.resolve(7), () => 8), 7);
});

test("late work is answered for by what stands in for it", async () => {
  assert.equal(await withinOr(1, never, () => 8), 8);
  const refuse = (): never => {
    throw new Error("there is nothing");
  };
  await assert.rejects(withinOr(1, never, refuse), /there is nothing/);
});
