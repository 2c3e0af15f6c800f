import assert from "node:assert/strict";
import { test } from "node:test";
import { BoundedMap } from "./bounded-map.ts";

test("those that were set longest ago make way, until a quarter of the bound is free", () => {
  const map = new BoundedMap<string, number>(8);
  for (const [index, key] of ["a", "b", "c", "d"].entries()) map.set(key, index, 2);
  // Set again, it is the last one, and counts once.
  map.set("a", 9, 2);
  assert.deepEqual([map.get("a"), map.get("b"), map.get("d")], [9, 1, 3]);
  map.set("e", 4, 1);
  assert.deepEqual(
    ["a", "b", "c", "d", "e"].map((key) => map.get(key)),
    [9, undefined, undefined, 3, 4],
  );
});
