import assert from "node:assert/strict";
import { test } from "node:test";
import { type Figure, table } from "./ratio.ts";
import { compare, linesOf, type Row, rowsOf } from "./rows.ts";

const figure = (what: string, ours: number, unit: string, goal: Figure["goal"] = null): Figure => ({
  what,
  ours,
  reference: 100,
  unit,
  goal,
  against: "the same by hand, to its end",
});

test("a printed table is read back, whatever is printed around it", () => {
  const lines = table([
    figure("write, plain, none", 56, "MiB/s", { atLeast: 0.8 }),
    figure("create to its answer", 1_234_567, "ms"),
  ]);
  assert.deepEqual(rowsOf(["memory: 5 MiB", ...lines, "", "the end"].join("\n")), [
    { what: "write, plain, none", unit: "MiB/s", ratio: 0.56 },
    { what: "create to its answer", unit: "ms", ratio: 12345.67 },
  ]);
});

const rows = (what: string, unit: string, ...ratios: number[]): Row[][] =>
  ratios.map((ratio) => [{ what, unit, ratio }]);

test("a row is slower where every run of it was, by more than noise, in the direction of its unit", () => {
  for (const [unit, before, now, isSlower] of [
    ["MiB/s", [0.8, 0.9], [0.6, 0.7], true],
    ["MiB/s", [0.6, 0.7], [0.8, 0.9], false],
    ["MiB/s", [0.8, 0.9], [0.6, 0.85], false],
    ["MiB/s", [0.8, 0.8], [0.79, 0.79], false],
    ["ms", [1.2, 1.3], [1.4, 1.5], true],
    ["ms", [1.4, 1.5], [1.2, 1.3], false],
  ] as const) {
    const [compared] = compare(rows("x", unit, ...before), rows("x", unit, ...now));
    assert.equal(compared?.isSlower, isSlower, `${unit} ${before} ${now}`);
  }
});

test("rows of one name are told apart by their order, and rows of one version alone are left out", () => {
  const twice = (first: number, second: number): Row[] => [
    { what: "image", unit: "MiB/s", ratio: first },
    { what: "image", unit: "MiB/s", ratio: second },
  ];
  const now = [...twice(0.9, 2), { what: "new", unit: "ms", ratio: 1 }];
  const compared = compare([[...twice(1, 2), { what: "old", unit: "ms", ratio: 1 }]], [now]);
  assert.deepEqual(
    compared.map(({ what, before, now: ratios }) => [what, before, ratios]),
    [
      ["image", [1], [0.9]],
      ["image (2)", [2], [2]],
    ],
  );
  assert.match(
    linesOf(compared)[1] ?? "",
    /^image +1\.00 \(1\.00–1\.00\) +0\.90 \(0\.90–0\.90\) +0\.90 +SLOWER$/,
  );
});

test("a goal in milliseconds is reached by what Lodge takes, whatever the reference takes", () => {
  const lines = table([
    figure("p99 of info", 50, "ms", { within: 50 }),
    figure("p99 of info", 51, "ms", { within: 50 }),
    figure("create", 151, "ms", { atMost: 1.5 }),
  ]);
  assert.deepEqual(
    lines.slice(1).map((line) => line.split(/ {2,}/).slice(5, 7)),
    [
      ["≤ 50 ms", "reached"],
      ["≤ 50 ms", "NOT REACHED"],
      ["≤ 1.5", "NOT REACHED"],
    ],
  );
});
