import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSize } from "./size.ts";

test("a size is a number of bytes with a suffix for powers of 1024 in either case", () => {
  const cases: [string, number | null][] = [
    ["0", 0],
    ["4194304", 4194304],
    ["4M", 4194304],
    ["5k", 5120],
    ["1G", 2 ** 30],
    ["2t", 2 ** 41],
    ["0k", 0],
    ["00", null],
    ["01", null],
    ["08k", null],
    ["", null],
    ["k", null],
    ["-1", null],
    ["1.5M", null],
    ["1 M", null],
    ["9999999999999999T", null],
  ];
  for (const [text, bytes] of cases) assert.equal(parseSize(text), bytes, text);
});
