/** Waiting for what comes without an event, such as what a guest, which is another machine, has done by now. */
import { setTimeout as delay } from "node:timers/promises";

const POLL_MS = 50;

/**
 * How long anything may take; the boot of a guest under emulation on a busy machine takes longest. Less than a test may take
 * in all, so that it can tell what did not come.
 */
const DEADLINE_MS = 240_000;

/** Asks until `look` answers something other than null or undefined, and answers that. Errors: the deadline. */
export async function until<T>(
  what: string,
  look: () => Promise<T | null | undefined>,
  deadlineMs = DEADLINE_MS,
): Promise<T> {
  const deadline = performance.now() + deadlineMs;
  while (performance.now() < deadline) {
    const found = await look();
    if (found !== null && found !== undefined) return found;
    await delay(POLL_MS);
  }
  throw new Error(`waited in vain until ${what}`);
}
