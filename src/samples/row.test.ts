import assert from "node:assert/strict";
import { test } from "node:test";
import { byRow, rowText, samplesIn } from "./row.ts";
import { sampleOf } from "./sample.ts";
import { MINUTES, STEPS } from "./steps.ts";

test("a row holds what was written of it", () => {
  let amount = 0;
  const samples = new Map([7200, 7260, 10_740].map((time) => [time, sampleOf(() => amount++)]));
  const text = rowText(new Map([...samples].reverse()), 7200, MINUTES);
  assert.deepEqual([...samplesIn(text, 7200, MINUTES)], [...samples]);
});

test("a row that is damaged holds nothing", () => {
  for (const text of ["", "[", "{}", "[[1]]", "[[0,1,2,3,4,5,6,7,8,-9]]", "[[0,1,2,3,4,5,6,7,8,1e30]]"])
    assert.equal(samplesIn(text, 0, MINUTES).size, 0, text);
});

test("samples are in the rows that their steps begin in", () => {
  const sample = sampleOf(() => 1);
  const rows = byRow(new Map([3540, 3600, 3660].map((time) => [time, sample])), MINUTES);
  assert.deepEqual(
    [...rows].map(([begin, row]) => [begin, row.size]),
    [
      [0, 1],
      [3600, 2],
    ],
  );
});

test("what is kept of a server takes half a megabyte at most, as docs/operating.md says", () => {
  const most = sampleOf(() => Number.MAX_SAFE_INTEGER);
  let bytes = 0;
  for (const step of STEPS) {
    const { stepS, rowS, keptS } = step;
    const row = new Map(Array.from({ length: rowS / stepS }, (_, index) => [index * stepS, most]));
    // One that has begun, and one that is not wholly old yet.
    bytes += (Math.ceil(keptS / rowS) + 2) * rowText(row, 0, step).length;
  }
  assert.ok(bytes < 500_000, `${bytes}`);
});
