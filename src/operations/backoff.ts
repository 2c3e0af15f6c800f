/** When what failed is tried again: after a while, and after twice as long each time, up to the longest. */
const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 60_000;

/**
 * How long to wait after an attempt that has just failed.
 *
 * @param before how many attempts have failed before it
 */
export function backoffMs(before: number, firstMs = FIRST_BACKOFF_MS): number {
  return Math.min(firstMs * 2 ** Math.min(before, 10), LONGEST_BACKOFF_MS);
}
