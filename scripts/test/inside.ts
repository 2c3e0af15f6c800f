/** The part of `npm test` that runs within: runs a suite's files named, reports, and looks for what they left behind. */
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { parseArgs } from "node:util";
import { assessCoverage, coverageFloor } from "./coverage.ts";
import { FileTimes } from "./file-times.ts";
import { Groups } from "./groups.ts";
import { leftovers } from "./leftovers.ts";
import { type Outcome, together } from "./outcome.ts";
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

/** In so many files something may fail for want of a processor: they are run again by themselves. Where it is more, something is wrong. */
const MOST_AGAIN = 5;

/** So many groups of small files for each process that runs, so that the last of them end together. */
const GROUPS_EACH = 2;

const beganMs = performance.now();

/** Runs the files, so many side by side, and shows what becomes of them. */
async function runOnce(suite: Suite, of: Groups, concurrency: number, coverage: boolean): Promise<Tally> {
  const tally = new Tally(ROOT, (file) => of.membersOf(file));
  const times = new FileTimes(ROOT);
  const limitMs = (inMs(flags.minutes) ?? suite.runTimeoutMs) - (performance.now() - beganMs);
  const fileLimitMs = inMs(flags["file-minutes"]) ?? suite.fileTimeoutMs;
  const events = run({
    ...{ files: [...of.files], concurrency, timeout: suite.testTimeoutMs },
    execArgv: ["--import", `${new URL("file-limit.ts", import.meta.url)}?ms=${fileLimitMs}`],
    signal: AbortSignal.timeout(Math.max(1, Math.ceil(limitMs))),
    ...(coverage ? COVERAGE : {}),
  });
  const shown = events
    .compose((source) => times.pass(source))
    .compose((source) => tally.pass(source))
    .compose(new spec());
  for await (const text of shown) process.stdout.write(text);
  for (const line of times.lines()) console.log(line);
  return tally;
}

async function runFiles(suite: Suite): Promise<Outcome> {
  const sideBySide = suite.concurrency(availableParallelism());
  // Beside the folder that is looked through for what the tests leave.
  const folder = await mkdtemp(join(dirname(tmpdir()), "groups-"));
  const groups = flags.whole
    ? await Groups.write(ROOT, files, folder, GROUPS_EACH * sideBySide)
    : Groups.none(files);
  const tally = await runOnce(suite, groups, sideBySide, flags.coverage);
  await rm(folder, { recursive: true });
  const outcome = await afterAnother(suite, tally);
  return isCovered(tally, outcome) ? outcome : { ...outcome, failed: outcome.failed + 1 };
}

/** What came of it once the few files in which something failed were run again, one at a time. */
async function afterAnother(suite: Suite, tally: Tally): Promise<Outcome> {
  const [outcome, failed] = [tally.outcome(), tally.failedFiles()];
  const isChance = failed.size > 0 && failed.size <= MOST_AGAIN && outcome.notRun.length === 0;
  if (!flags.whole || !isChance) return outcome;
  console.log(`Once more, by themselves: ${[...failed.keys()].join(", ")}`);
  const again = await runOnce(suite, Groups.none([...failed.keys()]), 1, false);
  return together(outcome, again.outcome(), failed);
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
