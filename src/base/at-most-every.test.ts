import assert from "node:assert/strict";
import { test } from "node:test";
import { atMostEvery } from "./at-most-every.ts";

test("all who ask while it is being found out, and within the time after it, share one answer", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  let finds = 0;
  const ask = atMostEvery(3_600_000, async () => {
    finds++;
    await promise;
    return finds;
  });
  const both = Promise.all([ask(), ask()]);
  resolve();
  assert.deepEqual([await both, await ask()], [[1, 1], 1]);
});

test("once the time is over it is found out anew, and once for all who ask then", async () => {
  let finds = 0;
  const ask = atMostEvery(0, async () => ++finds);
  assert.deepEqual([await ask(), await Promise.all([ask(), ask()])], [1, [2, 2]]);
});

test("that it could not be found out is shared, too", async () => {
  let finds = 0;
  const ask = atMostEvery(3_600_000, async () => {
    finds++;
    throw new Error("away");
  });
  await assert.rejects(ask(), /away/);
  await assert.rejects(ask(), /away/);
  assert.equal(finds, 1);
});
