/** The part of `npm test` that runs within: runs the files named, reports, and looks for what they left behind. */
import { availableParallelism, tmpdir } from "node:os";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { leftovers } from "./leftovers.ts";
import type { Outcome } from "./outcome.ts";
import { isSecluded } from "./seclusion.ts";

const MINUTE_MS = 60_000;

/** For one test; the longest boots several guests in emulation. */
const TEST_TIMEOUT_MS = 5 * MINUTE_MS;

/** For everything: a test that was given up, or that loops, may keep its file from ending. */
const RUN_TIMEOUT_MS = 14 * MINUTE_MS;

const files = process.argv.slice(2);
const left = async () =>
  await leftovers({
    secluded: isSecluded(),
    marker: `LODGE_TEST_RUN=${process.env.LODGE_TEST_RUN}`,
    temporary: tmpdir(),
  });

async function runFiles(): Promise<Outcome> {
  const events = run({
    files,
    concurrency: Math.max(2, availableParallelism()),
    timeout: TEST_TIMEOUT_MS,
    signal: AbortSignal.timeout(RUN_TIMEOUT_MS),
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
