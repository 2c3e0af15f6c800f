import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { bounded } from "./property.ts";

test("shrinking that would go on for ever ends, and tells the seed and the counterexample so far", async () => {
  let tries = 0;
  const fails = fc.asyncProperty(fc.integer({ min: 1 }), async () => {
    tries += 1;
    if (tries > 1) await new Promise(() => {});
    throw new Error("never true");
  });
  await assert.rejects(fc.assert(fails, bounded(10, 200)), /seed: -?\d+[\s\S]*Counterexample/);
});

test("runs that the time did not suffice for are a failure", async () => {
  const slow = fc.asyncProperty(fc.nat(), async () => {
    await new Promise(() => {});
  });
  await assert.rejects(fc.assert(slow, bounded(10, 200)), /interrupted/i);
});

test("a seed of the environment is tried again", async (t) => {
  t.after(() => {
    delete process.env.LODGE_TEST_SEED;
  });
  process.env.LODGE_TEST_SEED = "-7:3:0";
  assert.deepEqual([bounded(1).seed, bounded(1).path], [-7, "3:0"]);
  process.env.LODGE_TEST_SEED = "42";
  const drawn = async () => {
    const values: number[] = [];
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (value) => {
        await turn();
        values.push(value);
      }),
      bounded(5),
    );
    return values;
  };
  assert.deepEqual(await drawn(), await drawn());
});
