import assert from "node:assert/strict";
import { test } from "node:test";
import { inOneLine, isOneLine } from "./one-line.ts";

test("text of any language is one line, right to left and joined characters too", () => {
  for (const text of ["", "a b", "größer 東京", "שלום", "👩‍💻", "a\u00a0b"]) assert.ok(isOneLine(text), text);
});

test("text with a control character of either table, or a separator of lines, is not", () => {
  const codes = [0, 9, 10, 13, 0x1b, 0x7f, 0x80, 0x85, 0x9b, 0x9f, 0x2028, 0x2029];
  for (const code of codes) assert.ok(!isOneLine(`a${String.fromCodePoint(code)}b`), code.toString(16));
});

test("half of a surrogate pair cannot be written at all", () => {
  assert.ok(!isOneLine("\ud800"));
  assert.ok(!isOneLine("a\udc00"));
});

test("several lines become one, without what is blank around and between them", () => {
  assert.equal(inOneLine(" a  b \r\n\n\t c\n"), "a  b c");
  assert.equal(inOneLine(""), "");
});
