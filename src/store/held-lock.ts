/** A lock of a store that is held for as long as a process works, over losses of the database. */
import { setTimeout as delay } from "node:timers/promises";
import { StoreUnavailable } from "../base/store-errors.ts";
import type { Store, StoreLock } from "./store.ts";

const TRY_AGAIN_MS = 500;

/**
 * A held lock that is lost with the database is taken again as soon as the database is back, unless another process was
 * faster.
 */
export class HeldLock {
  /** Settles when the lock was lost and another process took it. */
  readonly taken: Promise<Error>;
  readonly #store: Store;
  readonly #name: string;
  readonly #releasing = new AbortController();
  readonly #keeping: Promise<void>;
  /** Null when another process has it. */
  #held: StoreLock | null;

  private constructor(store: Store, name: string, held: StoreLock) {
    this.#store = store;
    this.#name = name;
    this.#held = held;
    const taken = Promise.withResolvers<Error>();
    this.taken = taken.promise;
    // Without knowing who has it, nobody can go on as if it were held.
    this.#keeping = this.#keep(taken.resolve).catch((error: unknown) => taken.resolve(error as Error));
  }

  /** Takes the lock; null when another process has it. Errors: `StoreUnavailable`. */
  static async take(store: Store, name: string): Promise<HeldLock | null> {
    const held = await store.lock(name);
    return held === null ? null : new HeldLock(store, name, held);
  }

  async release(): Promise<void> {
    this.#releasing.abort();
    await this.#keeping;
    await this.#held?.release();
  }

  /** Answers when the lock is released, or has been taken by another process, which `onTaken` is told. */
  async #keep(onTaken: (reason: Error) => void): Promise<void> {
    const { signal } = this.#releasing;
    while (this.#held !== null && !signal.aborted) {
      const reason = await Promise.race([this.#held.lost, once(signal)]);
      if (signal.aborted) return;
      this.#held = await this.#again();
      if (this.#held === null && !signal.aborted)
        onTaken(new Error(`the lock ${this.#name} was lost`, { cause: reason }));
    }
  }

  /** Null when another process has the lock, or the wait for the database was given up. */
  async #again(): Promise<StoreLock | null> {
    const { signal } = this.#releasing;
    while (!signal.aborted) {
      try {
        return await this.#store.lock(this.#name);
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) throw error;
        // The pause ends early when the lock is no longer wanted.
        await delay(TRY_AGAIN_MS, undefined, { signal }).catch(() => {});
      }
    }
    return null;
  }
}

function once(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
