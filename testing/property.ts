/** How long property tests look for a counterexample and for a smaller one, and how one is tried again. */
import type { Parameters } from "fast-check";

/** Runs and shrinking together; well within the time that a test has (`scripts/test/suites.ts`). */
const LIMIT_MS = 360_000;

/**
 * The parameters of `fc.assert` for so many runs. A failure says its seed and path; `LODGE_TEST_SEED=SEED[:PATH]` in the
 * environment tries them again. Shrinking ends when the time is up, and tells the smallest counterexample so far; runs
 * that did not come about by then are a failure too.
 */
export function bounded(numRuns: number, limitMs = LIMIT_MS): Parameters<unknown> {
  const [, seed, path] = /^(-?\d+)(?::([\d:]+))?$/.exec(process.env.LODGE_TEST_SEED ?? "") ?? [];
  return {
    numRuns,
    interruptAfterTimeLimit: limitMs,
    markInterruptAsFailure: true,
    ...(seed === undefined ? {} : { seed: Number(seed) }),
    ...(path === undefined ? {} : { path }),
  };
}
