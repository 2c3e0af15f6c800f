import assert from "node:assert/strict";
import { test } from "node:test";
import { mostConnections } from "./descriptors.ts";

const limits = (soft: string) =>
  `Limit                     Soft Limit           Hard Limit           Units\nMax open files            ${soft}                 1048576              files\n`;

for (const [soft, most] of [
  ["20000", 1024],
  ["unlimited", 1024],
  ["1024", 256],
  ["256", 32],
] as const) {
  test(`with ${soft} descriptors there are at most ${most} connections`, () => {
    assert.equal(mostConnections(limits(soft)), most);
  });
}

test("this process has descriptors for some", () => {
  assert.ok(mostConnections() >= 32);
});
