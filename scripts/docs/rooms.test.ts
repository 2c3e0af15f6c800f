import assert from "node:assert/strict";
import { test } from "node:test";
import { layersOf, roomsDocument } from "./rooms.ts";

const ROOMS = { "src/top.ts": ["src"], "src/one": ["src/base"], "src/base": [], test: ["src"] };

test("a room stands in the layer above all that it may import from", () => {
  assert.deepEqual(layersOf(ROOMS), [["test"], ["src/top.ts"], ["src/one"], ["src/base"]]);
});

test("the document has a row for each room, with what it may import from", () => {
  const rows = roomsDocument(ROOMS)
    .split("\n")
    .filter((line) => /^\| \d/.test(line));
  assert.deepEqual(rows, [
    "| 4 | `test` | all of `src` |",
    "| 3 | `src/top.ts` | all of `src` |",
    "| 2 | `src/one` | `src/base` |",
    "| 1 | `src/base` | nothing |",
  ]);
});
