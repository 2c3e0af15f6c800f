/** Doing something again until it succeeds: a connection to what has still to listen, a drive that is just moved. */
import { setTimeout as delay } from "node:timers/promises";
import { DeadlineExceeded } from "./deadline.ts";

export type RetryOptions = {
  /** What is attempted, as DeadlineExceeded names it. */
  readonly what: string;
  /** No attempt begins later than this after the first; one that is under way is not cut off. Absent: no end. */
  readonly deadlineMs?: number;
  /** The number of attempts. Absent: no end. */
  readonly attempts?: number;
  /** The pause before the next attempt; `failed` counts the attempts so far, from 1. */
  readonly pauseMs: number | ((failed: number) => number);
  /** Whether another attempt may end differently; absent: after every error. */
  readonly isPassing?: (error: unknown) => boolean;
  /** Told of every error after which another attempt is made. */
  readonly onFailure?: (error: unknown) => void;
  /** Ends it: no attempt begins after the signal was aborted. */
  readonly signal?: AbortSignal;
};

/**
 * Does `attempt` until it succeeds. It must be harmless to repeat; it is given how much of the time is left, so that it
 * can bound what it waits for itself.
 *
 * Errors: the attempt's, where that does not pass and where no attempts are left; DeadlineExceeded, with the attempt's
 * last error as its cause; the signal's reason.
 */
export async function retry<T>(attempt: (leftMs: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const { what, deadlineMs = Number.POSITIVE_INFINITY, attempts = Number.POSITIVE_INFINITY } = options;
  const { pauseMs, isPassing = () => true, onFailure, signal } = options;
  const end = performance.now() + deadlineMs;
  for (let failed = 1; ; failed++) {
    signal?.throwIfAborted();
    try {
      return await attempt(Math.max(0, end - performance.now()));
    } catch (error) {
      signal?.throwIfAborted();
      if (!isPassing(error) || failed >= attempts) throw error;
      const pause = typeof pauseMs === "number" ? pauseMs : pauseMs(failed);
      if (performance.now() + pause > end) throw new DeadlineExceeded(what, deadlineMs, { cause: error });
      onFailure?.(error);
      await paused(pause, signal);
    }
  }
}

async function paused(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await delay(ms, undefined, { signal }).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw error;
  });
}
