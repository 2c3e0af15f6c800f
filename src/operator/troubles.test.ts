import assert from "node:assert/strict";
import { test } from "node:test";
import { Troubles } from "./troubles.ts";

const MINUTE_MS = 60_000;

test("the same trouble is kept once, with how often and when, and the latest comes first", () => {
  const troubles = new Troubles();
  troubles.note("warn", "drives\n had trouble", 1000);
  troubles.note("error", "a defect", 2000);
  troubles.note("warn", "drives\n had trouble", 3000);
  assert.deepEqual(troubles.recent(4000), [
    { level: "warn", message: "drives had trouble", count: 2, firstMs: 1000, lastMs: 3000 },
    { level: "error", message: "a defect", count: 1, firstMs: 2000, lastMs: 2000 },
  ]);
  assert.deepEqual(troubles.counts, { warn: 2, error: 1 });
});

test("what was heard of an hour ago and never since is forgotten, and counted all the same", () => {
  const troubles = new Troubles();
  troubles.note("warn", "old", 0);
  troubles.note("warn", "young", 30 * MINUTE_MS);
  assert.deepEqual(
    troubles.recent(61 * MINUTE_MS).map(({ message }) => message),
    ["young"],
  );
  assert.equal(troubles.counts.warn, 2);
});

test("however many kinds of trouble come, and however long they are, little of them is kept", () => {
  const troubles = new Troubles();
  for (let kind = 0; kind < 1000; kind++) troubles.note("warn", `${kind} ${"x".repeat(10_000)}`, kind);
  const recent = troubles.recent(1000);
  assert.equal(recent.length, 50);
  assert.match(recent[0]?.message ?? "", /^999 x/);
  assert.ok(recent.every(({ message }) => message.length <= 300));
});
