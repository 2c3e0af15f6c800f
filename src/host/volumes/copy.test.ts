import assert from "node:assert/strict";
import { test } from "node:test";
import { lastPercentage } from "./copy.ts";

test("progress is the last percentage of what qemu-img wrote", () => {
  assert.equal(lastPercentage("    (0.00/100%)\r    (12.34/100%)\r"), 12.34);
  assert.equal(lastPercentage("    (100.00/100%)\r"), 100);
  assert.equal(lastPercentage("\n"), null);
});
