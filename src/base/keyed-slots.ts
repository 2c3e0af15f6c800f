/** Slots for each key, such as an account: so many pieces of work under one key are under way at once, others wait. */
type Held = { count: number; readonly waiting: (() => void)[] };

export class KeyedSlots {
  readonly #most: number;
  readonly #held = new Map<string, Held>();

  /** @param most how many at once under one key */
  constructor(most: number) {
    this.#most = most;
  }

  /** Runs `work` once there is a slot for it, in the order of the calls. Errors: those of `work`. */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const held = this.#held.get(key) ?? { count: 0, waiting: [] };
    this.#held.set(key, held);
    if (held.count < this.#most) held.count++;
    else await new Promise<void>((resolve) => held.waiting.push(resolve));
    try {
      return await work();
    } finally {
      // A slot that somebody waits for is handed on as it is.
      const next = held.waiting.shift();
      if (next !== undefined) next();
      else if (--held.count === 0) this.#held.delete(key);
    }
  }
}
