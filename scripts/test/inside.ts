/** The part of `npm test` that runs within: runs a suite's files named, reports, and looks for what they left behind. */
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { parseArgs } from "node:util";
import { assessCoverage, coverageFloor } from "./coverage.ts";
import { FileTimes } from "./file-times.ts";
import { leftovers } from "./leftovers.ts";
import type { Outcome } from "./outcome.ts";
import { isSecluded } from "./seclusion.ts";
import { SUITES, type Suite, type SuiteName } from "./suites.ts";
import { Tally } from "./tally.ts";

const ROOT = join(import.meta.dirname, "../..");

/** What is measured: all of `src/`, also what no test loads, which counts as lines that did not run. */
const COVERAGE = {
  coverage: true,
  coverageIncludeGlobs: ["src/**/*.ts"],
  coverageExcludeGlobs: ["**/*.test.ts"],
  coverageIncludeAll: true,
};

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    coverage: { type: "boolean", default: false },
    /** All files are named, so that the coverage is that of the whole. */
    whole: { type: "boolean", default: false },
    /** The run's limit, where it is not the suite's. */
    minutes: { type: "string" },
    /** A file's limit, likewise. */
    "file-minutes": { type: "string" },
  },
});
const [name = "everyday", ...files] = positionals;

const inMs = (minutes: string | undefined) => (minutes === undefined ? null : Number(minutes) * 60_000);

async function runFiles(suite: Suite): Promise<Outcome> {
  const tally = new Tally(ROOT);
  const times = new FileTimes(ROOT);
  const limitMs = inMs(flags.minutes) ?? suite.runTimeoutMs;
  const fileLimitMs = inMs(flags["file-minutes"]) ?? suite.fileTimeoutMs;
  const events = run({
    files,
    concurrency: suite.concurrency(availableParallelism()),
    timeout: suite.testTimeoutMs,
    execArgv: ["--import", `${new URL("file-limit.ts", import.meta.url)}?ms=${fileLimitMs}`],
    signal: AbortSignal.timeout(limitMs),
    ...(flags.coverage ? COVERAGE : {}),
  });
  const shown = events
    .compose((source) => times.pass(source))
    .compose((source) => tally.pass(source))
    .compose(new spec());
  for await (const text of shown) process.stdout.write(text);
  for (const line of times.lines()) console.log(line);
  const outcome = tally.outcome();
  return isCovered(tally, outcome) ? outcome : { ...outcome, failed: outcome.failed + 1 };
}

/** Says what was covered; false when a whole run covers less than it must. */
function isCovered(tally: Tally, { notRun }: Outcome): boolean {
  const measured = tally.coverage();
  if (measured === null || notRun.length > 0) return true;
  const { isEnough, lines } = assessCoverage(ROOT, measured, flags.whole ? coverageFloor() : null);
  for (const line of lines) console.log(line);
  return isEnough;
}

/** What the tests left behind; a file that was cut off could clear nothing away. */
async function remains({ notRun }: Outcome): Promise<readonly string[]> {
  if (notRun.length > 0) return [];
  return await leftovers({
    secluded: isSecluded(),
    marker: `LODGE_TEST_RUN=${process.env.LODGE_TEST_RUN}`,
    temporary: tmpdir(),
  });
}

const outcome = await runFiles(SUITES[name as SuiteName]);
const left = await remains(outcome);
if (left.length > 0) console.log(`✖ The tests left behind:\n${left.map((line) => `  ${line}\n`).join("")}`);
process.send?.({ ...outcome, failed: outcome.failed + (left.length > 0 ? 1 : 0) } satisfies Outcome);
process.disconnect?.();
