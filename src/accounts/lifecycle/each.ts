/**
 * Work on all that an account has, in steps: some at once, and no more are begun once a step has lasted for a while, so that
 * an account of thousands of servers keeps neither hosts nor the operations of other accounts waiting.
 */
import { sentenceOf } from "../../base/errors.ts";
import { Later } from "../../operations/operation.ts";

/** How many of an account's objects are worked on at once. */
const AT_ONCE = 8;
/** For how long of a step others are begun. */
const STEP_MS = 5_000;

/**
 * Does `work` with each. It begins with another one each time, so that those that fail or hang keep none behind them from
 * being come to.
 *
 * Errors: Later, there are some that it has not come to; else, once all were tried, that some have failed.
 */
export async function each<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const first = Math.floor(Math.random() * items.length);
  const rest = [...items.slice(first), ...items.slice(0, first)];
  const endMs = performance.now() + STEP_MS;
  const faults: unknown[] = [];
  let tried = 0;
  const lane = async () => {
    while (performance.now() < endMs) {
      const item = rest.shift();
      if (item === undefined) return;
      tried++;
      await work(item).catch((error: unknown) => faults.push(error));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  if (rest.length > 0 && faults.length < tried) throw new Later(0);
  if (faults.length > 0)
    throw new AggregateError(faults, `${faults.length} objects are there still: ${sentenceOf(faults[0])}`);
}
