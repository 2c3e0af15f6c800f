import assert from "node:assert/strict";
import { test } from "node:test";
import { candidates, inOrder } from "./addresses.ts";

const RANGE = { first: "10.0.0.254", last: "10.0.1.1" };
const ALL = ["10.0.0.254", "10.0.0.255", "10.0.1.0", "10.0.1.1"];

test("addresses are tried by chance throughout the range, and nowhere else", () => {
  const chances = [0, 0.26, 0.51, 0.999];
  let turn = 0;
  const tried = [...candidates(RANGE, null, () => chances[turn++ % chances.length] ?? 0)];
  assert.deepEqual(tried.slice(0, 4), ALL);
  assert.deepEqual([...new Set(tried)], ALL);
});

test("the preferred address is tried first if it is in the range", () => {
  const chance = () => 0;
  assert.deepEqual([...candidates(RANGE, "10.0.1.0", chance)].slice(0, 2), ["10.0.1.0", "10.0.0.254"]);
  for (const outside of ["10.9.9.9", "10.0.0.253", "10.0.1.2"]) {
    assert.equal(candidates(RANGE, outside, chance).next().value, "10.0.0.254");
  }
});

test("what chance has not found is searched in order, every address once", () => {
  assert.deepEqual([...inOrder(RANGE)], ALL);
});
