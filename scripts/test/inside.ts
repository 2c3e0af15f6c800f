/** The part of `npm test` that runs within: runs a suite's files named, reports, and looks for what they left behind. */
import { availableParallelism, tmpdir } from "node:os";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { leftovers } from "./leftovers.ts";
import type { Outcome } from "./outcome.ts";
import { isSecluded } from "./seclusion.ts";
import { SUITES, type Suite, type SuiteName } from "./suites.ts";

const [name = "everyday", ...files] = process.argv.slice(2);
const suite: Suite = SUITES[name as SuiteName];
const left = async () =>
  await leftovers({
    secluded: isSecluded(),
    marker: `LODGE_TEST_RUN=${process.env.LODGE_TEST_RUN}`,
    temporary: tmpdir(),
  });

async function runFiles(): Promise<Outcome> {
  const events = run({
    files,
    concurrency: suite.concurrency === "processors" ? Math.max(2, availableParallelism()) : suite.concurrency,
    timeout: suite.testTimeoutMs,
    signal: AbortSignal.timeout(suite.runTimeoutMs),
  });
  let outcome: Outcome = { passed: 0, failed: 1 };
  events.on("test:summary", ({ file, counts, success }) => {
    // The summary of everything is the one that bears no file's name.
    if (file !== undefined) return;
    const failed = counts.tests - counts.passed - counts.skipped - counts.todo;
    outcome = { passed: counts.passed, failed: success ? failed : Math.max(failed, 1) };
  });
  for await (const text of events.compose(new spec())) process.stdout.write(text);
  return outcome;
}

const { passed, failed } = await runFiles();
const remains = await left();
if (remains.length > 0)
  console.log(`✖ The tests left behind:\n${remains.map((line) => `  ${line}\n`).join("")}`);
process.send?.({ passed, failed: failed + (remains.length > 0 ? 1 : 0) } satisfies Outcome);
process.disconnect?.();
