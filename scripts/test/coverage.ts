/**
 * How much of `src/` the tests run, in lines, and the floor that it may not fall below (`coverage.json`). Daemons and
 * tools that tests start count too, unless they are ended by kill -9.
 */
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";

/** The least that is ever the floor. */
export const LEAST_PERCENT = 92;

/** The floor is raised when what is measured is so much above it. */
const STEP_PERCENT = 0.5;

/** As many of the files with the most lines that did not run are named. */
const NAMED_FILES = 10;

/** The percentage of lines that a whole run must reach. Errors: the file is not as it should be. */
export function coverageFloor(): number {
  const file = join(import.meta.dirname, "coverage.json");
  const { lines } = JSON.parse(readFileSync(file, "utf8")) as { lines: unknown };
  if (typeof lines !== "number") throw new Error(`${file} holds no number of lines`);
  return lines;
}

type Lines = { readonly totalLineCount: number; readonly coveredLineCount: number };

export type Measured = {
  readonly files: readonly (Lines & { readonly path: string })[];
  readonly totals: Lines;
};

export type Verdict = { readonly isEnough: boolean; readonly lines: readonly string[] };

/**
 * Compares what was measured with the floor, and says what came of it.
 *
 * @param floor null where not all tests ran, so that nothing is asked of it
 */
export function assessCoverage(root: string, { files, totals }: Measured, floor: number | null): Verdict {
  const percent = Math.floor((totals.coveredLineCount / totals.totalLineCount) * 10_000) / 100;
  const isEnough = floor === null || percent >= floor;
  const missed = ({ totalLineCount, coveredLineCount }: Lines) => totalLineCount - coveredLineCount;
  const worst = files
    .toSorted((one, other) => missed(other) - missed(one))
    .slice(0, NAMED_FILES)
    .filter((file) => missed(file) > 0)
    .map((file) => `  ${relative(root, file.path)}: ${missed(file)} of ${file.totalLineCount} lines`);
  return {
    isEnough,
    lines: [
      `${isEnough ? "ℹ" : "✖"} coverage of src/: ${percent} % of its lines${demand(percent, floor)}`,
      ...(worst.length === 0 ? [] : ["  not run, most first:", ...worst]),
    ],
  };
}

function demand(percent: number, floor: number | null): string {
  if (floor === null) return "";
  const canRise = percent >= floor + STEP_PERCENT;
  return `, of at least ${floor} %${canRise ? ": the floor in scripts/test/coverage.json can be raised" : ""}`;
}
