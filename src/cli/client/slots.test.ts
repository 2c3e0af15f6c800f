import assert from "node:assert/strict";
import { test } from "node:test";
import { Slots } from "./slots.ts";

/** Work that lasts until it is ended, with how much of it is under way. */
function startWork(slots: Slots, count: number) {
  const ends: (() => void)[] = [];
  const begun: number[] = [];
  const all = Array.from({ length: count }, (_, index) =>
    slots.run(() => {
      begun.push(index);
      return new Promise<void>((resolve) => ends.push(resolve));
    }),
  );
  return { ends, begun, all };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

test("so much work is under way at once, and the rest begins in its turn, also after work that failed", async () => {
  const slots = new Slots(2);
  const failing = slots.run(() => Promise.reject(new Error("broken")));
  const { ends, begun } = startWork(slots, 4);
  await assert.rejects(failing, /broken/);
  await settle();
  assert.deepEqual(begun, [0, 1]);
  ends.shift()?.();
  await settle();
  assert.deepEqual(begun, [0, 1, 2]);
});

test("with more slots more work begins at once, and with fewer none does until some has ended", async () => {
  const slots = new Slots(1);
  const { ends, begun } = startWork(slots, 6);
  await settle();
  assert.deepEqual(begun, [0]);
  slots.most = 3;
  await settle();
  assert.deepEqual(begun, [0, 1, 2]);
  slots.most = 1;
  ends.shift()?.();
  ends.shift()?.();
  await settle();
  assert.deepEqual(begun, [0, 1, 2]);
  ends.shift()?.();
  await settle();
  assert.deepEqual(begun, [0, 1, 2, 3]);
});
