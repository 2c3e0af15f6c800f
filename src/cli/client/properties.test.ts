import assert from "node:assert/strict";
import { test } from "node:test";
import { valueIn } from "./properties.ts";

test("a value is all that follows the first blank of its key's line", () => {
  const text = "name  two blanks \r\nname:x no\nsize 5\nempty \nbare\n";
  assert.equal(valueIn(text, "name"), " two blanks ");
  assert.equal(valueIn(text, "size"), "5");
  assert.equal(valueIn(text, "empty"), "");
  assert.equal(valueIn(text, "bare"), null);
  assert.equal(valueIn(text, "nam"), null);
  assert.equal(valueIn("drive x", "drive"), "x");
});
