import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bounded } from "../../testing/property.ts";
import { mayTakeOne } from "./fair-share.ts";

/** How many each gets of a pool, who ask in that order, each until they are refused. */
function taken(
  size: number,
  askers: readonly string[],
  accounts = new Set(askers).size,
): Map<string, number> {
  const holdings = new Map<string, number>();
  const total = () => [...holdings.values()].reduce((sum, count) => sum + count, 0);
  for (const user of askers) {
    while (total() < size && mayTakeOne(user, { size, accounts, holdings })) {
      holdings.set(user, (holdings.get(user) ?? 0) + 1);
    }
  }
  return holdings;
}

test("an account that is alone may have all of a pool", () => {
  for (const size of [1, 5, 1_021]) assert.equal(taken(size, ["ann"]).get("ann"), size);
});

test("an account that takes all it can leaves half of the pool to the others", () => {
  assert.equal(taken(1_021, ["ann"], 3).get("ann"), 511);
  assert.deepEqual([...taken(1_021, ["ann", "bob", "eve"], 4).values()], [511, 255, 128]);
});

test("the last of a pool goes to who has least of it", () => {
  assert.deepEqual([...taken(12, ["ann", "bob", "ann", "bob", "ann"]).values()], [6, 6]);
});

test("an account may have four, however few there are", () => {
  assert.equal(taken(4, ["ann"], 9).get("ann"), 4);
  assert.equal(taken(6, ["ann"], 9).get("ann"), 4);
});

test("while fewer accounts have some than there are addresses, each that has none gets one", async () => {
  const asked = fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 64, max: 200 }), asked, async (size, askers) => {
      const holdings = taken(size, askers, 5);
      const total = [...holdings.values()].reduce((sum, count) => sum + count, 0);
      assert.ok(total < size, `${total} of ${size} are taken, and none is left for the fifth`);
    }),
    bounded(100),
  );
});
