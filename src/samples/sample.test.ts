import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bounded } from "../../testing/property.ts";
import { AMOUNTS, addTo, beginOf, type Sample, sampleOf, spread, totalOf } from "./sample.ts";

const AMOUNT = fc.integer({ min: 0, max: 2 ** 50 });
const SAMPLE = fc
  .tuple(...AMOUNTS.map(() => AMOUNT))
  .map((amounts) => sampleOf((name) => amounts[AMOUNTS.indexOf(name)] ?? 0));

test("a sample that is spread is whole in its parts, and each part is of a step that it reaches into", () => {
  fc.assert(
    fc.property(SAMPLE, fc.nat(4e9), fc.integer({ min: 1, max: 300 }), (sample, from, lasting) => {
      const to = from + lasting;
      const parts = spread({ ...sample, seconds: lasting }, from, to, 60);
      assert.deepEqual(totalOf(parts), { ...sample, seconds: lasting });
      for (const [time, part] of parts) {
        assert.equal(time % 60, 0);
        assert.ok(time < to && time + 60 > from);
        assert.equal(part.seconds, Math.min(to, time + 60) - Math.max(from, time));
        for (const name of AMOUNTS) assert.ok(Number.isSafeInteger(part[name]) && part[name] >= 0, name);
      }
    }),
    bounded(300),
  );
});

test("a sample is spread evenly", () => {
  const sample = sampleOf((name) => (name === "seconds" ? 90 : 900));
  const rxOf = ([time, { seconds, rxBytes }]: readonly [number, Sample]) => [time, seconds, rxBytes];
  assert.deepEqual([...spread(sample, 30, 120, 60)].map(rxOf), [
    [0, 30, 300],
    [60, 60, 600],
  ]);
});

test("samples of the same step are added, and an amount that no number holds is the most that one does", () => {
  const sums = new Map([[60, sampleOf(() => 1)]]);
  addTo(
    sums,
    new Map([
      [60, sampleOf(() => 2)],
      [120, sampleOf(() => 5)],
    ]),
  );
  assert.deepEqual([sums.get(60)?.txBytes, sums.get(120)?.txBytes], [3, 5]);
  addTo(sums, new Map([[60, sampleOf(() => Number.MAX_SAFE_INTEGER)]]));
  assert.equal(sums.get(60)?.txBytes, Number.MAX_SAFE_INTEGER);
});

test("a time is in the step that began last", () => {
  assert.deepEqual([beginOf(119, 60), beginOf(120, 60)], [60, 120]);
});
