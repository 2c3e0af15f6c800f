import assert from "node:assert/strict";
import { test } from "node:test";
import { TokenBucket } from "./token-bucket.ts";

test("a minute's worth may be taken at once, and then as much as the time brings", () => {
  const bucket = new TokenBucket(60, 0);
  for (let taken = 0; taken < 60; taken++) assert.equal(bucket.take(1, 0), 0);
  assert.equal(bucket.take(1, 0), 1_000, "the next is there in a second");
  assert.equal(bucket.take(1, 400), 600);
  assert.equal(bucket.take(1, 1_000), 0);
  assert.equal(bucket.take(1, 1_000), 1_000);
});

test("time brings no more than a minute's worth", () => {
  const bucket = new TokenBucket(10, 0);
  for (let taken = 0; taken < 10; taken++) assert.equal(bucket.take(1, 3_600_000), 0);
  assert.notEqual(bucket.take(1, 3_600_000), 0);
});

test("what is taken beyond what there is is owed", () => {
  const bucket = new TokenBucket(60, 0);
  assert.equal(bucket.take(100, 0), 0, "there was one at least");
  assert.equal(bucket.take(1, 0), 41_000);
  bucket.charge(10, 0);
  assert.equal(bucket.take(1, 0), 51_000);
  assert.equal(bucket.take(1, 51_000), 0);
});
