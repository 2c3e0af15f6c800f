/**
 * Long work in slices, so that no caller's long list holds up what others ask: between two slices of it the process
 * turns to whatever else has come, and however many long works go on, one slice is done at a turn.
 */
import { setImmediate as nextTurn } from "node:timers/promises";

/** A few milliseconds of work at most. */
const SLICE = 200;

let lastTurn: Promise<void> = Promise.resolve();

/** The answers of `work` for each slice of the items, in order. Work that is one slice goes on at once. */
export async function inSlices<Item, Result>(
  items: readonly Item[],
  work: (slice: readonly Item[]) => Result | Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let start = 0; start < items.length; start += SLICE) {
    if (start > 0) {
      lastTurn = lastTurn.then(() => nextTurn());
      await lastTurn;
    }
    results.push(await work(items.slice(start, start + SLICE)));
  }
  return results;
}
