import { withinOr } from "./deadline.ts";

/** A lock for each key, within this process: work under one key goes one at a time, in the order in which it came. */
export class KeyedLock {
  readonly #tails = new Map<string, Promise<void>>();

  /** Runs `work` once all that came before it under the key has ended, however it ended. */
  run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const result = (this.#tails.get(key) ?? Promise.resolve()).then(work);
    const tail: Promise<void> = result.then(
      () => this.#leave(key, tail),
      () => this.#leave(key, tail),
    );
    this.#tails.set(key, tail);
    return result;
  }

  /** As `run`; whose turn has not come after so long gets the error that `late` makes, and `work` never begins. */
  async runWithin<T>(ms: number, key: string, late: () => Error, work: () => Promise<T>): Promise<T> {
    const begun = Promise.withResolvers<void>();
    let isLate = false;
    const done = this.run(key, async () => {
      if (isLate) return null;
      begun.resolve();
      return { result: await work() };
    });
    await withinOr(ms, begun.promise, () => {
      isLate = true;
    });
    const answer = isLate ? null : await done;
    if (answer === null) throw late();
    return answer.result;
  }

  /** Forgets a key that nobody came for since. */
  #leave(key: string, tail: Promise<void>): void {
    if (this.#tails.get(key) === tail) this.#tails.delete(key);
  }
}
