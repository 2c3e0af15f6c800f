import assert from "node:assert/strict";
import { test } from "node:test";
import { nearest } from "./nearest.ts";

const WORDS = ["name", "size", "tags", "claim:type", "encryption:cipher", "ide:0:0", "ide:0:1"];

const meant: readonly [given: string, word: string | null][] = [
  ["sizze", "size"],
  ["siz", "size"],
  ["sixe", "size"],
  ["nmae", "name"],
  ["calim:tpye", "claim:type"],
  ["encryption-cipher", "encryption:cipher"],
  ["ide:0:2", "ide:0:0"],
  ["ide:0:1", "ide:0:1"],
  ["colour", null],
  ["ziss", null],
  ["claimtyp3s", null],
  ["", null],
  ["x".repeat(1_000_000), null],
];
for (const [given, word] of meant) {
  test(`who writes ${JSON.stringify(given.slice(0, 20))} meant ${word ?? "none of the words"}`, () => {
    assert.equal(nearest(given, WORDS), word);
  });
}
