/** Back-off: after each failed attempt the pause before the next one is twice as long, up to a longest pause. */

/**
 * The pause before the next attempt, in the unit of `first` and `longest`.
 *
 * @param failed how many attempts have failed so far, from 1
 * @param first the pause after the first of them, above 0
 */
export function backoff(failed: number, first: number, longest: number): number {
  return Math.min(first * 2 ** (failed - 1), longest);
}
