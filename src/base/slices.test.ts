import assert from "node:assert/strict";
import { test } from "node:test";
import { inSlices } from "./slices.ts";

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

test("all items come to the work, in order and once", async () => {
  for (const count of [0, 1, 199, 200, 201, 1_000]) {
    assert.deepEqual((await inSlices(numbers(count), (slice) => slice)).flat(), numbers(count));
  }
});

test("what comes meanwhile has its turn after one slice, however many long works go on", async () => {
  const done: string[] = [];
  const works = ["a", "b", "c"].map((name) => inSlices(numbers(1_000), () => done.push(name)));
  // The first slice of each is done when it is called.
  assert.equal(done.length, 3);
  for (let turn = 1; turn <= 5; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    assert.ok(done.length <= 3 + turn + 1, `${done.length} slices after ${turn} turns`);
  }
  await Promise.all(works);
  assert.equal(done.length, 15);
});

test("an error of the work ends it", async () => {
  const work = inSlices(numbers(1_000), () => Promise.reject(new Error("no")));
  await assert.rejects(work, { message: "no" });
});
