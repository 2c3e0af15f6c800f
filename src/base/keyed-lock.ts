/** A keyed lock: a lock for each key, such as an object's uuid, within this process. */
import { withinOr } from "./deadline.ts";

/** Work under one key runs one piece at a time, in the order of the calls; under different keys it runs side by side. */
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

  /**
   * Runs `work` as `run` does, provided that its turn comes within `ms`.
   *
   * Errors: those of `work`; what `late` makes, once `ms` have passed without its turn, and then `work` never begins.
   */
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
