/**
 * Rates of whatever has a key that comes from outside, such as an address: a table of one size, however many come. Two
 * keys may share a place, and then they count together.
 */
import { createHash, randomBytes } from "node:crypto";
import { TokenBucket } from "../base/token-bucket.ts";

/** How many places the table has. */
const PLACES = 8_192;

export class RateTable {
  readonly #perMinute: number;
  /** By a key that is made anew for each process: nobody outside knows who shares a place. */
  readonly #secret = randomBytes(16);
  readonly #places: (TokenBucket | undefined)[] = new Array(PLACES).fill(undefined);

  constructor(perMinute: number) {
    this.#perMinute = perMinute;
  }

  /**
   * Counts one; answers 0, or in how many milliseconds there is room for one.
   *
   * @param nowMs of a clock that only goes forward
   */
  take(key: string, nowMs: number): number {
    const place = createHash("sha256").update(this.#secret).update(key).digest().readUInt32LE() % PLACES;
    const bucket = this.#places[place] ?? new TokenBucket(this.#perMinute, nowMs);
    this.#places[place] = bucket;
    return bucket.take(1, nowMs);
  }
}
