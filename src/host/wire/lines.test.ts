import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bounded } from "../../../testing/property.ts";
import { Lines, LineTooLong } from "./lines.ts";

function linesOf(lines: Lines, chunks: readonly Uint8Array[]): string[] {
  return chunks.flatMap((chunk) => Array.from(lines.add(chunk), String));
}

test("lines come whole, in whatever pieces they were sent", () => {
  const pieces = fc.array(fc.array(fc.constantFrom("a", "b", "\n", "é"), { maxLength: 20 }));
  fc.assert(
    fc.property(pieces, (parts) => {
      const chunks = parts.map((part) => Buffer.from(part.join("")));
      const expected = Buffer.concat(chunks).toString().split("\n").slice(0, -1);
      assert.deepEqual(linesOf(new Lines(1000), chunks), expected);
    }),
    bounded(300),
  );
});

test("a line has as many bytes as it may and not one more, in one piece or in many", () => {
  const bytes = Buffer.alloc(5000, "x");
  const byByte = [...bytes].map((byte) => Buffer.of(byte));
  for (const chunks of [[bytes], byByte]) {
    assert.equal(linesOf(new Lines(5000), [...chunks, Buffer.from("\n")])[0]?.length, 5000);
    assert.throws(() => linesOf(new Lines(4999), [...chunks, Buffer.from("\n")]), LineTooLong);
    assert.throws(() => linesOf(new Lines(4999), chunks), LineTooLong, "its end is not waited for");
  }
});
