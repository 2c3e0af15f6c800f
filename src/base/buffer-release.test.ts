import assert from "node:assert/strict";
import { test } from "node:test";
import { giveBack, giveBackAll } from "./buffer-release.ts";

test("what bytes hold alone is freed, what they share is not", () => {
  const whole = new Uint8Array(1000).fill(1);
  giveBack(whole);
  assert.equal(whole.length, 0);
  const shared = new Uint8Array(1000).fill(1);
  giveBack(shared.subarray(1));
  assert.equal(shared[999], 1);
  giveBackAll([shared.subarray(0, 500), shared.subarray(500)]);
  assert.equal(shared.length, 0);
});
