/**
 * A read-write lock within this process: any number share it, and whoever needs to be alone waits for them. First come,
 * first served, so that nobody waits for ever.
 */
export class ReadWriteLock {
  /** Settles when all who came so far are done: what whoever wants to be alone waits for. */
  #all: Promise<void> = Promise.resolve();
  /** Settles when the last who wanted to be alone is done: what the others wait for. */
  #lastAlone: Promise<void> = Promise.resolve();
  #users = 0;

  /** Whether anybody has it, or waits for it. */
  get isUsed(): boolean {
    return this.#users > 0;
  }

  /** Does `work` beside others who share it, once whoever came before to be alone is done. */
  share<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#after(this.#lastAlone, work);
    this.#all = settled(this.#all, done);
    return done;
  }

  /** Does `work` alone, once everyone who came before is done. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#after(this.#all, work);
    this.#lastAlone = this.#all = settled(done);
    return done;
  }

  async #after<T>(before: Promise<void>, work: () => Promise<T>): Promise<T> {
    this.#users++;
    try {
      await before;
      return await work();
    } finally {
      this.#users--;
    }
  }
}

/** Settles when all of them have, and keeps nothing of what they came to. */
async function settled(...promises: readonly Promise<unknown>[]): Promise<void> {
  await Promise.allSettled(promises);
}
