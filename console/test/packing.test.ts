/** When pieces of an upload are gzipped: where that saves time, and nowhere else. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isWorthPacking } from "../src/drives/worth-packing.ts";

/** Bytes a millisecond. */
const rate = (mibPerSecond: number) => (mibPerSecond * 2 ** 20) / 1000;

for (const [what, line, packed, ratio, isWorth] of [
  ["a loopback that is faster than packing", 500, 40, 0.3, false],
  ["a local network that is as fast as packing", 40, 40, 0.3, false],
  ["a line at home", 5, 40, 0.5, true],
  ["a line at home, of what does not pack", 5, 40, 1, false],
  ["a line at home, of what packs hardly", 5, 40, 0.9, false],
  ["a very slow line, of what packs a little", 0.1, 40, 0.7, true],
  ["a slow processor at a fast line", 50, 5, 0.1, false],
] as const) {
  test(`over ${what} pieces go ${isWorth ? "packed" : "as they are"}`, () => {
    assert.equal(isWorthPacking({ line: rate(line), packed: rate(packed), ratio }), isWorth);
  });
}
