import assert from "node:assert/strict";
import { test } from "node:test";
import { shown, shownWord } from "./shown.ts";

test("what came is quoted and stays on one line", () => {
  assert.equal(shown('a "b"\nc'), '"a \\"b\\"\\nc"');
});

test("what came is cut behind 60 characters, none of which is cut in two", () => {
  assert.equal(shown("x".repeat(60)), `"${"x".repeat(60)}"`);
  assert.equal(shown("x".repeat(61)), `"${"x".repeat(60)}"…`);
  assert.equal(shown("😀".repeat(61)), `"${"😀".repeat(60)}"…`);
  assert.equal(shown("x".repeat(61), 61), `"${"x".repeat(61)}"`);
});

test("what is not seen as it is, is spelled out", () => {
  for (const [code, spelled] of [
    [0x00, "\\u0000"],
    [0x1b, "\\u001b"],
    [0x7f, "\\u007f"],
    [0x85, "\\u0085"],
    [0x9b, "\\u009b"],
    [0x200b, "\\u200b"],
    [0x202e, "\\u202e"],
    [0x2028, "\\u2028"],
    [0x2029, "\\u2029"],
    [0x2066, "\\u2066"],
    [0xe0001, "\\udb40\\udc01"],
    [0xd800, "\\ud800"],
  ] as const) {
    assert.equal(shown(`a${String.fromCodePoint(code)}b`), `"a${spelled}b"`);
  }
});

test("a plain word is shown as it is, any other as what came", () => {
  for (const word of ["ide:0:0", "user:a", "198.51.100.7", "08c92dd5-70a0-4f51-83d2-835919d254df"]) {
    assert.equal(shownWord(word), word);
  }
  assert.equal(shownWord(""), '""');
  assert.equal(shownWord("a\n"), '"a\\n"');
  assert.equal(shownWord("a b"), '"a b"');
  assert.equal(shownWord("x".repeat(61)), `"${"x".repeat(60)}"…`);
});
