import assert from "node:assert/strict";
import { test } from "node:test";
import { openKeyring } from "../../src/drives/secret.ts";

const keyring = openKeyring(Buffer.alloc(32, 1));

test("a secret is read again with the drive and the master key that it was made with", () => {
  const { secret, wrapped } = keyring.make("one");
  assert.match(secret, /^[0-9a-f]{64}$/);
  assert.equal(keyring.unwrap("one", wrapped), secret);
  assert.ok(!Buffer.from(wrapped, "base64").includes(secret));
});

test("no secret and no wrapped form is made twice", () => {
  const made = Array.from({ length: 100 }, () => keyring.make("one"));
  assert.equal(new Set(made.map(({ secret }) => secret)).size, 100);
  assert.equal(new Set(made.map(({ wrapped }) => wrapped)).size, 100);
});

test("a wrapped secret opens for no other drive and by no other master key", () => {
  const { wrapped } = keyring.make("one");
  assert.throws(() => keyring.unwrap("other", wrapped));
  assert.throws(() => openKeyring(Buffer.alloc(32, 2)).unwrap("one", wrapped));
});

test("a wrapped secret of which any byte was changed does not open", () => {
  const bytes = Buffer.from(keyring.make("one").wrapped, "base64");
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    assert.throws(() => keyring.unwrap("one", changed.toString("base64")));
  }
});
