import assert from "node:assert/strict";
import { test } from "node:test";
import { changedText, MOST_KEPT_BYTES } from "./attributes.ts";

/** An object whose text has so many bytes. */
const ofBytes = (bytes: number) => ({ note: "x".repeat(bytes - '{"note":""}'.length) });

test("an object keeps 64 KiB of keys and values, and not a byte more", () => {
  const most = ofBytes(MOST_KEPT_BYTES);
  assert.equal(Buffer.byteLength(changedText({}, most, new Map(Object.entries(most)))), MOST_KEPT_BYTES);
  const more = ofBytes(MOST_KEPT_BYTES + 1);
  assert.throws(() => changedText({}, more, new Map(Object.entries(more))), {
    type: "usage",
    code: "attributes_too_large",
    message: /^"note" is too much: .* 65537 bytes .* at most 65536 \(64 KiB\)$/,
  });
});

const ofKeys = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`user:${index}`, "x"]));

test("an object keeps 256 keys, and one that an earlier version let keep more gets no further one", () => {
  const change = new Map([["user:0", "y"]]);
  changedText({}, ofKeys(256), change);
  changedText(ofKeys(300), ofKeys(300), change);
  for (const [before, after] of [
    [256, 257],
    [300, 301],
  ] as const) {
    assert.throws(() => changedText(ofKeys(before), ofKeys(after), change), {
      code: "attributes_too_large",
      message: `the object would keep ${after} keys, and it keeps at most 256`,
    });
  }
});

test("bytes are counted, not characters", () => {
  const wide = { note: "€".repeat(MOST_KEPT_BYTES / 2) };
  assert.throws(() => changedText({}, wide, new Map(Object.entries(wide))), { type: "usage" });
});

test("the refusal names the key that brought the most", () => {
  const changes = new Map([
    ["user:small", "x"],
    ["user:large", "x".repeat(MOST_KEPT_BYTES)],
    ["user:other", "xx"],
  ]);
  assert.throws(() => changedText({}, Object.fromEntries(changes), changes), { message: /^"user:large" is/ });
});

test("an object that an earlier version let keep more may be made smaller, not larger", () => {
  const before = ofBytes(2 * MOST_KEPT_BYTES);
  const smaller = { note: before.note.slice(1) };
  assert.equal(changedText(before, smaller, new Map([["note", smaller.note]])), JSON.stringify(smaller));
  const larger = { ...before, "user:a": "" };
  assert.throws(() => changedText(before, larger, new Map([["user:a", ""]])), { type: "usage" });
});
