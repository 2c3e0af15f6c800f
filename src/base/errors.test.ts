import assert from "node:assert/strict";
import { test } from "node:test";
import { ERROR_CODES, ERROR_TYPES } from "./error-codes.ts";
import { busy, full, usage } from "./errors.ts";

test("an error bears its code, its sentence and its cause", () => {
  const cause = new Error("why");
  const { type, code, message, cause: kept } = usage("malformed_value", "size takes a number", { cause });
  assert.deepEqual([type, code, message, kept], ["usage", "malformed_value", "size takes a number", cause]);
});

test("an error without a code of its own bears its type as one", () => {
  const cause = new Error("why");
  assert.deepEqual([busy("in use").type, busy("in use").code], ["busy", "busy"]);
  const { code, message, cause: kept } = full("no room", { cause });
  assert.deepEqual([code, message, kept], ["full", "no room", cause]);
});

test("codes are words of small letters, none of them an error type, each with a sentence", () => {
  for (const [code, { type, means }] of Object.entries(ERROR_CODES)) {
    assert.match(code, /^[a-z]+(_[a-z]+)*$/);
    assert.ok(type in ERROR_TYPES, type);
    assert.match(means, /^[A-Z].*\.$/);
  }
});
