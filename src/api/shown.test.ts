import assert from "node:assert/strict";
import { test } from "node:test";
import { shown } from "./shown.ts";

test("what came is quoted and stays on one line", () => {
  assert.equal(shown('a "b"\nc'), '"a \\"b\\"\\nc"');
});

test("what came is cut behind 60 characters, none of which is cut in two", () => {
  assert.equal(shown("x".repeat(60)), `"${"x".repeat(60)}"`);
  assert.equal(shown("x".repeat(61)), `"${"x".repeat(60)}"…`);
  assert.equal(shown("😀".repeat(61)), `"${"😀".repeat(60)}"…`);
});
