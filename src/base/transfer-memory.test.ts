import assert from "node:assert/strict";
import { test } from "node:test";
import { giveBack, giveBackAll, take } from "./transfer-memory.ts";

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

const MIB = 2 ** 20;
const heldMib = () => Math.round(process.memoryUsage().arrayBuffers / MIB);

test("what was given back is taken again, within 16 MiB, for a while, and whoever gave it has nothing of it", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const before = heldMib();
  const first = take(MIB).fill(7);
  giveBack(first);
  assert.equal(first.length, 0);
  assert.equal(heldMib(), before + 1);
  const all = Array.from({ length: 20 }, () => take(MIB));
  assert.equal(heldMib(), before + 20);
  assert.deepEqual([all[0]?.length, all[0]?.[0], all[0]?.[MIB - 1]], [MIB, 7, 7]);
  for (const each of all) giveBack(each);
  assert.equal(heldMib(), before + 16);
  const odd = take(MIB + 1);
  giveBack(odd);
  assert.equal(heldMib(), before + 16);
  t.mock.timers.tick(5_000);
  assert.equal(heldMib(), before);
});
