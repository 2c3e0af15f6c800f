import assert from "node:assert/strict";
import { test } from "node:test";
import { turns } from "./keyed-lock.ts";

test("work under one key goes in the order it came, whether it fails or not, and other keys do not wait", async () => {
  const inTurn = turns();
  const seen: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = inTurn("a", async () => {
    await gate.promise;
    seen.push("first");
    throw new Error("on purpose");
  });
  const second = inTurn("a", async () => seen.push("second"));
  await inTurn("b", async () => seen.push("other"));
  gate.resolve();
  await assert.rejects(first, /on purpose/);
  await second;
  assert.deepEqual(seen, ["other", "first", "second"]);
});
