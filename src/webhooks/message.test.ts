import assert from "node:assert/strict";
import { test } from "node:test";
import { bodyOf, MOST_BODY_BYTES, signatureOf, toldIn } from "./message.ts";

const message = { id: "m", event: "ledger.entry", time: 7, user: "u", data: { entry: 1, text: "é" } };

test("a signature is HMAC-SHA-256 over time, full stop and body, as openssl makes it", () => {
  // printf '%s' '1700000000.{"a":1}' | openssl dgst -sha256 -hmac secret
  assert.equal(
    signatureOf("secret", 1_700_000_000, '{"a":1}'),
    "t=1700000000,v1=49f24e537407743fa4a0242bb63b94b9a47ee99cbbe071ccd8a22550ae411686",
  );
});

test("what an event says is read back out of its body, and nothing out of one that is damaged", () => {
  assert.deepEqual(toldIn(bodyOf(message)), message.data);
  for (const body of ["", "{", "{}", '{"data":[]}']) assert.deepEqual(toldIn(body), {});
});

test("a body is never longer than it may be, and says that it was cut", () => {
  const long = bodyOf({ ...message, data: { text: "x".repeat(MOST_BODY_BYTES) } });
  assert.deepEqual(JSON.parse(long), { ...message, data: {}, cut: true });
  const { length } = Buffer.from(bodyOf({ ...message, data: { text: "" } }));
  const fits = bodyOf({ ...message, data: { text: "x".repeat(MOST_BODY_BYTES - length) } });
  assert.equal(Buffer.byteLength(fits), MOST_BODY_BYTES);
});
