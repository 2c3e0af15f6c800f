/**
 * What a run takes of tests that take long: all of them, or the fixed share that is run at every change (`npm test` without
 * words). The rest is run by `npm run test:all`, and where a file is named.
 */
import type { TestOptions } from "node:test";

/** `scripts/test.ts` says so where a run is of the share alone. */
const takesAll = process.env.LODGE_TEST_SHARE !== "1";

const unlessAll: string | false = takesAll ? false : "it takes long: npm run test:all";

/** The options of a test that is not of the share, or of a suite of them. */
export const long = { skip: unlessAll } as const;

/** The same with options of its own. */
export const longAnd = (options: TestOptions): TestOptions => ({
  ...options,
  skip: unlessAll || (options.skip ?? false),
});

/** All of a list, or each `nth` of it. */
export const shareOf = <T>(all: readonly T[], nth: number): readonly T[] =>
  takesAll ? all : all.filter((_, at) => at % nth === 0);

/** How many there are to be of something. */
export const manyOf = (all: number, share: number): number => (takesAll ? all : share);
