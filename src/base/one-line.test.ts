import assert from "node:assert/strict";
import { test } from "node:test";
import { inOneLine, isOneLine, visible, visibleLines } from "./one-line.ts";

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
  assert.equal(inOneLine("a\u001b[2J\nb\u202e"), "a\\u001b[2J b\\u202e");
});

test("what is not seen is spelled out as JSON does, so that a string of JSON means the same", () => {
  const text = "\u007f\u0085\u009b\u200b\u2028\u202e\ufeff\u{e0041}ü😀";
  const json = visible(JSON.stringify({ text }));
  assert.equal(json, '{"text":"\\u007f\\u0085\\u009b\\u200b\\u2028\\u202e\\ufeff\\udb40\\udc41ü😀"}');
  assert.deepEqual(JSON.parse(json), { text });
});

test("a log that is written visibly has its lines as they were, and nothing that steers a terminal", () => {
  const written: string[] = [];
  const output = visibleLines({ write: (line) => written.push(line) });
  output.write('{"err":"a\u009b31mb"}\n');
  assert.deepEqual(written, ['{"err":"a\\u009b31mb"}\n']);
});
