/** What came of a run. */
export type Outcome = {
  readonly passed: number;
  /** Tests that failed, and what else was found wrong. */
  readonly failed: number;
  /** Files that the run's limit ended or kept from being begun; what of them did not run is neither passed nor failed. */
  readonly notRun: readonly string[];
  /** Files in which something failed beside others, and nothing when they were run again by themselves. */
  readonly alone?: readonly string[];
};

/**
 * What came of a run and of some of its files once more, each by itself.
 *
 * @param files those that were run again, and how many of their tests had passed before
 */
export function together(first: Outcome, again: Outcome, files: ReadonlyMap<string, number>): Outcome {
  const passedBefore = [...files.values()].reduce((sum, passed) => sum + passed, 0);
  return {
    passed: first.passed - passedBefore + again.passed,
    failed: again.failed,
    notRun: again.notRun,
    alone: again.failed === 0 && again.notRun.length === 0 ? [...files.keys()] : [],
  };
}

/** A run is good when something ran, all of it, and nothing failed. */
export const isGood = ({ passed, failed, notRun }: Outcome): boolean =>
  passed > 0 && failed === 0 && notRun.length === 0;

/** What the run says at its end; the last line is always `N passed, N failed`. */
export function lastLines({ passed, failed, notRun, alone = [] }: Outcome): string[] {
  const count = notRun.length === 1 ? "1 file not run" : `${notRun.length} files not run`;
  return [
    ...(notRun.length === 0 ? [] : [`${count}, or not to the end, as the run's limit came first:`]),
    ...notRun.map((file) => `  ${file}`),
    ...(alone.length === 0 ? [] : ["Failed beside others, and passed by themselves:"]),
    ...alone.map((file) => `  ${file}`),
    `${passed} passed, ${failed} failed`,
  ];
}
