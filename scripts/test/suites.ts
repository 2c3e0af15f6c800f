/** The sets of tests that are run as one: those of every change, and those that take minutes: of whole images, and of the package. */

const MINUTE_MS = 60_000;

/** A test that is asked to run longer than it does by itself (`test/state/two-daemons.test.ts`) has so much more time. */
const ASKED_MS = 1000 * Number(process.env.LODGE_TEST_SECONDS ?? 0);

export type Suite = {
  /** Its files, as a pattern below the checkout. */
  readonly files: string;
  /** Which of these are another suite's. */
  readonly except: readonly string[];
  /** Files that run side by side on so many processors. */
  readonly concurrency: (processors: number) => number;
  /** For one test; beyond it, a test has failed. */
  readonly testTimeoutMs: number;
  /** For one file, from its process's start: a timer or a socket that a failed test left may keep it from ending. */
  readonly fileTimeoutMs: number;
  /** For everything: a test that loops may keep its file from ending. */
  readonly runTimeoutMs: number;
};

const IMAGES = "test/images/**/*.test.ts";
const PACKAGE = "test/package/**/*.test.ts";

export const SUITES = {
  /** The longest test boots several guests in emulation. */
  everyday: {
    files: "{test,src,systems,testing,scripts,bench,console/test}/**/*.test.ts",
    except: [IMAGES, PACKAGE],
    // They have processes of their own, and wait now and then: so many keep all processors busy, and more only wait in turn.
    concurrency: (processors) => 2 * Math.max(2, processors),
    testTimeoutMs: 10 * MINUTE_MS + ASKED_MS,
    fileTimeoutMs: 20 * MINUTE_MS + ASKED_MS,
    runTimeoutMs: 75 * MINUTE_MS + ASKED_MS,
  },
  /** Whole systems boot here, several times, for which emulation needs minutes. */
  images: {
    files: IMAGES,
    except: [],
    concurrency: () => 1,
    testTimeoutMs: 20 * MINUTE_MS,
    fileTimeoutMs: 60 * MINUTE_MS,
    runTimeoutMs: 60 * MINUTE_MS,
  },
  /** The package is built, installed on a machine of the test's own, used, and removed. */
  package: {
    files: PACKAGE,
    except: [],
    concurrency: () => 1,
    testTimeoutMs: 10 * MINUTE_MS,
    fileTimeoutMs: 30 * MINUTE_MS,
    runTimeoutMs: 30 * MINUTE_MS,
  },
} as const satisfies Record<string, Suite>;

export type SuiteName = keyof typeof SUITES;
