import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bytesOfText, pathOfText, textOfBytes } from "./byte-text.ts";

test("any bytes come back from the text that stands for them, and UTF-8 is the text that it is", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (array) => {
      const bytes = Buffer.from(array);
      assert.ok(bytesOfText(textOfBytes(bytes)).equals(bytes));
    }),
  );
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      assert.equal(textOfBytes(Buffer.from(text)), text);
      assert.equal(pathOfText(text), text);
    }),
  );
});

test("a byte that is part of no character is a surrogate of its own, and the path with it is bytes", () => {
  const bytes = Buffer.from("a\xe9é", "latin1").subarray(0, 2);
  assert.equal(textOfBytes(bytes), "a\udce9");
  assert.deepEqual(pathOfText("a\udce9"), bytes);
});
