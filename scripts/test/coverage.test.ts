import assert from "node:assert/strict";
import { test } from "node:test";
import { assessCoverage, coverageFloor, LEAST_PERCENT } from "./coverage.ts";

const measured = (coveredLineCount: number) => ({
  files: [
    { path: "/here/src/whole.ts", totalLineCount: 500, coveredLineCount: 500 },
    { path: "/here/src/part.ts", totalLineCount: 500, coveredLineCount: coveredLineCount - 500 },
  ],
  totals: { totalLineCount: 1000, coveredLineCount },
});

test("coverage below the floor is not enough, and the files that lack most are named", () => {
  const { isEnough, lines } = assessCoverage("/here", measured(919), 92);
  assert.equal(isEnough, false);
  assert.deepEqual(lines, [
    "✖ coverage of src/: 91.9 % of its lines, of at least 92 %",
    "  not run, most first:",
    "  src/part.ts: 81 of 500 lines",
  ]);
  assert.equal(assessCoverage("/here", measured(920), 92).isEnough, true);
  assert.equal(assessCoverage("/here", measured(600), null).isEnough, true);
});

test("coverage well above the floor says that the floor can be raised", () => {
  assert.match(assessCoverage("/here", measured(925), 92).lines[0] ?? "", /can be raised/);
  assert.doesNotMatch(assessCoverage("/here", measured(924), 92).lines[0] ?? "", /can be raised/);
});

test("the floor is never below what it began with", () => {
  assert.ok(coverageFloor() >= LEAST_PERCENT);
});
