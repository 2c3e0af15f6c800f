import assert from "node:assert/strict";
import { test } from "node:test";
import { runStateOf } from "./run-state.ts";

const CASES = [
  ["running", "active"],
  ["paused", "paused"],
  ["io-error", "paused"],
  ["suspended", "paused"],
  ["prelaunch", "paused"],
  ["internal-error", "dead"],
  ["guest-panicked", "dead"],
  ["postmigrate", "dumped"],
] as const;

for (const [status, state] of CASES) {
  test(`a QEMU that is ${status} is a server that is ${state}`, () => {
    assert.equal(runStateOf(status, "active"), state);
  });
}

test("a guest that has shut down is what it was until it is gone", () => {
  assert.equal(runStateOf("shutdown", "active"), "active");
});
