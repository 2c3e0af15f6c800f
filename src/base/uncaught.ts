/**
 * The last net: what is thrown where nobody catches it, in a callback or by a promise that nobody awaits. It fails the
 * work in whose name it was thrown, is told, and ends nothing else (docs/decisions/0016).
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { TokenBucket } from "./token-bucket.ts";

/** What work goes on for, as the log names it. */
export type WorkName = Readonly<Record<string, unknown>>;

type Work = { readonly name: WorkName; fail(error: unknown): void };

export type Uncaught = {
  readonly error: unknown;
  /** The work in whose name it was thrown; null where there was none. */
  readonly name: WorkName | null;
  /** How many there were before it that nobody was told of, since there were too many. */
  readonly untold: number;
};

/** How many are told in a minute: one that comes back fills no log. */
const TOLD_A_MINUTE = 30;

const underWay = new AsyncLocalStorage<Work>();

/**
 * What the work answers. What is thrown in its name where nobody catches it fails it: the rest of it, that may wait for
 * what does not come any more, is for nothing then. Errors: the work's; what was thrown so.
 */
export async function answerable<T>(name: WorkName, work: () => Promise<T>): Promise<T> {
  const { promise: failed, reject } = Promise.withResolvers<never>();
  return underWay.run({ name, fail: reject }, () => Promise.race([work(), failed]));
}

/** From now on nothing that is uncaught ends this process; `tell` says it to somebody, and must not throw. */
export function catchUncaught(tell: (uncaught: Uncaught) => void): void {
  const told = new TokenBucket(TOLD_A_MINUTE, performance.now());
  let untold = 0;
  const caught = (error: unknown) => {
    const work = underWay.getStore();
    work?.fail(error);
    if (told.take(1, performance.now()) > 0) {
      untold++;
      return;
    }
    tell({ error, name: work?.name ?? null, untold });
    untold = 0;
  };
  process.on("uncaughtException", caught);
  process.on("unhandledRejection", caught);
}
