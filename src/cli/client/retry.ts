/** Trying again what failed for a passing reason, ever more patiently (exponential back-off). */
import { setTimeout as wait } from "node:timers/promises";
import { Refusal } from "./answer.ts";

/** The pauses between attempts: about a minute in all, so that a cloud may be restarted in the meantime. */
export const PAUSES_MS: readonly number[] = [500, 1000, 2000, 4000, 8000, 16000, 30000];

export type Pause = (ms: number, signal: AbortSignal) => Promise<void>;

/** Waits for between half and all of the time, so that clients which failed together do not come back together. */
const pauseWithJitter: Pause = (ms, signal) => wait(ms * (0.5 + Math.random() / 2), undefined, { signal });

/**
 * Whether another attempt may succeed: after a broken connection, and after an answer that blames the cloud or its
 * load. A full drive (507) and a claimed one (409) stay so for longer than a tool should wait.
 */
function mayPass(error: unknown): boolean {
  if (!(error instanceof Refusal)) return true;
  return (error.status >= 500 && error.status !== 507) || error.status === 408 || error.status === 429;
}

/** Makes attempts until one succeeds. Errors: the last attempt's, when it cannot pass or patience is at its end. */
export async function withRetry<Result>(
  attempt: () => Promise<Result>,
  signal: AbortSignal,
  pause: Pause = pauseWithJitter,
): Promise<Result> {
  for (const ms of PAUSES_MS) {
    try {
      return await attempt();
    } catch (error) {
      if (signal.aborted || !mayPass(error)) throw error;
      await pause(ms, signal);
    }
  }
  return await attempt();
}
