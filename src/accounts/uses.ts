/** When keys and sessions were used last, which is recorded a moment later and many at once. */
import { outsideChange } from "../audit/event.ts";
import { coalesce } from "../base/coalesce.ts";
import type { Store } from "../store/store.ts";

/** How long it is waited for more whose use is to be recorded. */
const RECORD_AFTER_MS = 1_000;

export class Uses {
  readonly #store: Store;
  readonly #table: "api_keys" | "sessions";
  readonly #onTrouble: (error: unknown) => void;
  readonly #flush = coalesce(() => this.#record());
  /** What was used, each with the time that is to be recorded, in seconds since the epoch. */
  #used = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  /** @param onTrouble told that uses could not be recorded; they are not tried again: the next one is soon */
  constructor(store: Store, table: "api_keys" | "sessions", onTrouble: (error: unknown) => void) {
    this.#store = store;
    this.#table = table;
    this.#onTrouble = onTrouble;
  }

  /** Has it recorded that the row of that uuid was used. */
  note(uuid: string, usedS: number): void {
    this.#used.set(uuid, usedS);
    this.#timer ??= setTimeout(() => this.flush().catch(this.#onTrouble), RECORD_AFTER_MS).unref();
  }

  /** Records what was used before the call. Errors: the store's. */
  flush(): Promise<void> {
    return this.#flush();
  }

  async #record(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const used = this.#used;
    if (used.size === 0) return;
    this.#used = new Map();
    await outsideChange(() =>
      this.#store.transaction(async (tx) => {
        for (const [uuid, time] of used)
          await tx.updateTable(this.#table).set({ used: time }).where("uuid", "=", uuid).execute();
      }),
    );
  }
}
