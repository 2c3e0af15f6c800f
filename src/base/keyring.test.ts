import assert from "node:assert/strict";
import { test } from "node:test";
import { openKeyring } from "./keyring.ts";

const keyring = openKeyring(Buffer.alloc(32, 1));
const [ONE, OTHER] = ["11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"];

test("a secret comes back from its wrapped form, which does not show it", () => {
  const { secret, wrapped } = keyring.make(ONE);
  assert.match(secret, /^[0-9a-f]{64}$/);
  assert.ok(!Buffer.from(wrapped, "base64").includes(secret));
  assert.equal(keyring.unwrap(ONE, wrapped), secret);
});

test("a wrapped secret is bound to its drive: under another's uuid it does not open", () => {
  const { wrapped } = keyring.make(ONE);
  assert.throws(() => keyring.unwrap(OTHER, wrapped));
});

test("a wrapped secret does not open with another master key, nor with any byte of it changed", () => {
  const { wrapped } = keyring.make(ONE);
  assert.throws(() => openKeyring(Buffer.alloc(32, 2)).unwrap(ONE, wrapped));
  const bytes = Buffer.from(wrapped, "base64");
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    assert.throws(() => keyring.unwrap(ONE, changed.toString("base64")), `byte ${at}`);
  }
});

test("no two drives, and no two wrappings, have anything in common", () => {
  const made = Array.from({ length: 20 }, () => keyring.make(ONE));
  assert.equal(new Set(made.map(({ secret }) => secret)).size, 20);
  assert.equal(new Set(made.map(({ wrapped }) => wrapped.slice(0, 16))).size, 20);
});
