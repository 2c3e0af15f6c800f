import assert from "node:assert/strict";
import { test } from "node:test";
import { isEmpty } from "./input.ts";

const BLANKS = " ".repeat(1024 * 1024 - 1);

for (const body of ["", " \r\n", "{}", " { } ", "[\n]", "null", " null\n", BLANKS, `{${BLANKS}}`]) {
  test(`${JSON.stringify(body.slice(0, 10))} of ${body.length} characters is how clients send nothing`, () => {
    assert.ok(isEmpty(body));
  });
}

// A search that begins anew at every blank would take longer than anybody waits.
for (const body of ["x", "{", "}", "{]", "[}", "{x}", "nul", "nullx", "{}{}", `${BLANKS}x`, `{${BLANKS}x}`]) {
  test(`${JSON.stringify(body.slice(0, 10))} of ${body.length} characters is something`, () => {
    assert.ok(!isEmpty(body));
  });
}
