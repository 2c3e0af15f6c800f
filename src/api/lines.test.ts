import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bounded } from "../../testing/property.ts";
import { isOneLine } from "../base/one-line.ts";
import { textInValue, valueOfText } from "./lines.ts";

const CASES: readonly (readonly [value: string, text: string])[] = [
  ["one line", "one line"],
  ["a\\nb", "a\nb"],
  ["\\ta\\n", "\ta\n"],
  ["a\\\\nb", "a\\nb"],
  ["\\\\\\n", "\\\n"],
  ["\\d \\ \\", "\\d \\ \\"],
];

for (const [value, text] of CASES) {
  test(`the value ${value} stands for ${JSON.stringify(text)}`, () => {
    assert.equal(textInValue(value), text);
  });
}

test("every text that has lines and tabs for its controls is a value of one line, and comes out of it again", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "n", "t", "\\", "\n", "\t", " ", "ö") });
  const comesOut = fc.property(text, (given) => {
    const value = valueOfText(given);
    assert.ok(isOneLine(value));
    assert.equal(textInValue(value), given);
  });
  fc.assert(comesOut, bounded(1_000));
});

test("lines that end as on other systems end as on this one", () => {
  assert.equal(valueOfText("a\r\nb\r\n"), "a\\nb\\n");
});
