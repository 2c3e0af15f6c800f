import assert from "node:assert/strict";
import { test } from "node:test";
import { KeyedLock } from "./keyed-lock.ts";

test("work under one key goes in the order it came, whether it fails or not, and other keys do not wait", async () => {
  const lock = new KeyedLock();
  const seen: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = lock.run("a", async () => {
    await gate.promise;
    seen.push("first");
    throw new Error("on purpose");
  });
  const second = lock.run("a", async () => seen.push("second"));
  await lock.run("b", async () => seen.push("other"));
  gate.resolve();
  await assert.rejects(first, /on purpose/);
  await second;
  assert.deepEqual(seen, ["other", "first", "second"]);
});

test("work that comes as the last under its key ends waits for what came meanwhile", async () => {
  const lock = new KeyedLock();
  let running = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setImmediate(resolve));
    running--;
  };
  const first = lock.run("a", work);
  const followers = first.then(() => Promise.all([lock.run("a", work), lock.run("a", work)]));
  await Promise.all([first, lock.run("a", work), followers]);
  assert.equal(most, 1);
});

test("whose turn does not come in time is told so, and what they came for never begins", async () => {
  const lock = new KeyedLock();
  const held = Promise.withResolvers<void>();
  const first = lock.run("a", () => held.promise);
  const begun: string[] = [];
  const late = lock.runWithin(
    1,
    "a",
    () => new Error("late"),
    async () => void begun.push("second"),
  );
  await assert.rejects(late, { message: "late" });
  held.resolve();
  await first;
  const third = await lock.runWithin(
    60_000,
    "a",
    () => new Error("late"),
    async () => "third",
  );
  assert.deepEqual([third, begun], ["third", []]);
});
