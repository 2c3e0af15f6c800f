/**
 * What a run takes of tests that take long: all of them, or the fixed share that is run at every change (`npm test` without
 * words). The rest is run by `npm run test:all`, and where a file is named.
 */
import type { TestOptions } from "node:test";

/** `scripts/test.ts` says so where a run is of the share alone. */
const takesAll = process.env.LODGE_TEST_SHARE !== "1";

/** The options of a test that is not of the share, or of a suite of them, with those of its own. */
export const longAnd = (options: TestOptions): TestOptions =>
  takesAll ? options : { ...options, skip: "it takes long: npm run test:all" };

/** The same without any of its own. */
export const long = longAnd({});

/** All of a list, or each `nth` of it. */
export const shareOf = <T>(all: readonly T[], nth: number): readonly T[] =>
  takesAll ? all : all.filter((_, at) => at % nth === 0);

/** How many there are to be of something. */
export const manyOf = (all: number, share: number): number => (takesAll ? all : share);
