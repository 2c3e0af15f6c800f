/**
 * Tells those who follow an account's objects that there is something to read. While anybody follows, the store is asked twice
 * a second for the accounts that have changed since, by one query however many follow; it holds for every process of a region
 * and misses nothing, since what is read are rows, and their numbers.
 */
import { backoff } from "../base/backoff.ts";
import type { ChangeRecords } from "./records.ts";

const LOOK_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

export class Feed {
  readonly #records: Pick<ChangeRecords, "all" | "moved">;
  readonly #onTrouble: (error: unknown) => void;
  readonly #followers = new Map<string, Set<() => void>>();
  #timer: NodeJS.Timeout | undefined;
  /** How many changes of all accounts were looked at; null: nobody followed before. */
  #seen: number | null = null;
  #failures = 0;

  /** @param onTrouble told why the store could not be asked; it is asked again */
  constructor(records: Pick<ChangeRecords, "all" | "moved">, onTrouble: (error: unknown) => void) {
    this.#records = records;
    this.#onTrouble = onTrouble;
  }

  /** Calls `wake` whenever there may be something to read of the account, until the function that this returns is called. */
  follow(user: string, wake: () => void): () => void {
    const own = this.#followers.get(user) ?? new Set();
    this.#followers.set(user, own.add(wake));
    if (this.#timer === undefined) this.#later(LOOK_MS);
    return () => {
      own.delete(wake);
      if (own.size === 0 && this.#followers.get(user) === own) this.#followers.delete(user);
      if (this.#followers.size > 0) return;
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#seen = null;
    };
  }

  #later(pauseMs: number): void {
    this.#timer = setTimeout(() => void this.#lookAgain(), pauseMs).unref();
  }

  async #lookAgain(): Promise<void> {
    const timer = this.#timer;
    try {
      await this.#look();
      this.#failures = 0;
    } catch (error) {
      this.#failures++;
      this.#onTrouble(error);
    }
    // Nobody follows any more, or somebody does again.
    if (this.#timer !== timer) return;
    this.#later(this.#failures === 0 ? LOOK_MS : backoff(this.#failures, LOOK_MS, LONGEST_PAUSE_MS));
  }

  async #look(): Promise<void> {
    if (this.#seen === null) {
      // What came before this number may have come after somebody read.
      this.#seen = await this.#records.all();
      for (const user of this.#followers.keys()) this.#wake(user);
      return;
    }
    for (let seen = this.#seen; ; ) {
      const found = await this.#records.moved(seen);
      for (const { user } of found) this.#wake(user);
      seen = found.at(-1)?.moved ?? seen;
      this.#seen = seen;
      if (found.length === 0) return;
    }
  }

  #wake(user: string): void {
    for (const wake of [...(this.#followers.get(user) ?? [])]) wake();
  }
}
