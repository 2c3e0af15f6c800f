/** When what failed is tried again: after a while, and after twice as long each time, up to the longest. */
import type { Operation } from "./operation.ts";

const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 60_000;

/** How long to wait after the attempt that has just failed. */
export function backoffMs({ attempts }: Operation): number {
  return Math.min(FIRST_BACKOFF_MS * 2 ** Math.min(attempts, 10), LONGEST_BACKOFF_MS);
}
