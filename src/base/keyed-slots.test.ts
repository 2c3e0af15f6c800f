import assert from "node:assert/strict";
import { test } from "node:test";
import { KeyedSlots } from "./keyed-slots.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("so many go on at once under one key, the others in the order in which they came", async () => {
  const slots = new KeyedSlots(2);
  const begun: number[] = [];
  const ends = Array.from({ length: 5 }, () => Promise.withResolvers<void>());
  const all = ends.map(({ promise }, index) =>
    slots.run("ann", () => {
      begun.push(index);
      return promise;
    }),
  );
  await turn();
  assert.deepEqual(begun, [0, 1]);
  ends[1]?.resolve();
  await turn();
  assert.deepEqual(begun, [0, 1, 2]);
  for (const { resolve } of ends) resolve();
  await Promise.all(all);
  assert.deepEqual(begun, [0, 1, 2, 3, 4]);
});

test("who waits under one key waits for no other", async () => {
  const slots = new KeyedSlots(1);
  const end = Promise.withResolvers<string>();
  const held = slots.run("ann", () => end.promise);
  assert.equal(await slots.run("bob", async () => "done"), "done");
  end.resolve("done");
  assert.equal(await held, "done");
});

test("work that fails gives its slot on", async () => {
  const slots = new KeyedSlots(1);
  const failing = slots.run("ann", () => Promise.reject(new Error("no")));
  const next = slots.run("ann", async () => "done");
  await assert.rejects(failing, { message: "no" });
  assert.equal(await next, "done");
});
