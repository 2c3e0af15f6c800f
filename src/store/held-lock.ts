/** A lock of a store that is held for as long as a process works, over losses of the database. */
import { setTimeout as delay } from "node:timers/promises";
import { StoreUnavailable } from "../base/store-errors.ts";
import type { Store, StoreLock } from "./store.ts";

const TRY_AGAIN_MS = 500;

export type HeldLock = {
  /** Settles when the lock was lost and another process took it. */
  readonly taken: Promise<Error>;
  release(): Promise<void>;
};

/**
 * Takes the lock; null when another process has it. One that is lost with the database is taken again as soon as the
 * database is back, unless another process was faster.
 *
 * Errors: `StoreUnavailable`.
 */
export async function holdLock(store: Store, name: string): Promise<HeldLock | null> {
  const first = await store.lock(name);
  if (first === null) return null;
  const taken = Promise.withResolvers<Error>();
  const releasing = new AbortController();
  let held: StoreLock | null = first;

  async function keep(): Promise<void> {
    while (held !== null && !releasing.signal.aborted) {
      const reason = await Promise.race([held.lost, once(releasing.signal)]);
      if (releasing.signal.aborted) return;
      held = await again(store, name, releasing.signal);
      if (held === null && !releasing.signal.aborted)
        taken.resolve(new Error(`the lock ${name} was lost`, { cause: reason }));
    }
  }

  // Without knowing who has it, nobody can go on as if it were held.
  const keeping = keep().catch((error: unknown) => taken.resolve(error as Error));
  return {
    taken: taken.promise,
    async release() {
      releasing.abort();
      await keeping;
      await held?.release();
    },
  };
}

/** Null when another process has the lock, or the wait for the database was given up. */
async function again(store: Store, name: string, signal: AbortSignal): Promise<StoreLock | null> {
  while (!signal.aborted) {
    try {
      return await store.lock(name);
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      // The pause ends early when the lock is no longer wanted.
      await delay(TRY_AGAIN_MS, undefined, { signal }).catch(() => {});
    }
  }
  return null;
}

function once(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
