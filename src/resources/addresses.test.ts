import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseAddress } from "./addresses.ts";

const RANGE = { first: "10.0.0.254", last: "10.0.1.1" };
const ALL = ["10.0.0.254", "10.0.0.255", "10.0.1.0", "10.0.1.1"];

test("every address of the range is given once, and then none", () => {
  const taken = new Set<string>();
  for (const _ of ALL) taken.add(chooseAddress(RANGE, taken, null) ?? "none");
  assert.deepEqual([...taken].sort(), [...ALL].sort());
  assert.equal(chooseAddress(RANGE, taken, null), null);
});

test("the preferred address is given while it is free and in the range", () => {
  assert.equal(chooseAddress(RANGE, new Set(), "10.0.1.0"), "10.0.1.0");
  assert.equal(
    chooseAddress(RANGE, new Set(["10.0.1.0"]), "10.0.1.0", () => 0),
    "10.0.0.254",
  );
  assert.equal(
    chooseAddress(RANGE, new Set(), "10.9.9.9", () => 0),
    "10.0.0.254",
  );
});

test("a full stretch of bad luck still finds the last free address", () => {
  assert.equal(
    chooseAddress(RANGE, new Set(ALL.slice(0, 3)), null, () => 0),
    "10.0.1.1",
  );
});
