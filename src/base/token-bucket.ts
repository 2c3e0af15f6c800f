/**
 * A token bucket: so much in a minute, and at most as much as a minute brings at once. Whoever takes more than there is
 * leaves a debt, which is paid off before anything is given again.
 */
import { MINUTE_MS } from "./durations.ts";

export class TokenBucket {
  readonly #perMs: number;
  readonly #most: number;
  #tokens: number;
  #atMs: number;

  /** A full one. @param nowMs of a clock that only goes forward, as everywhere here */
  constructor(perMinute: number, nowMs: number) {
    this.#perMs = perMinute / MINUTE_MS;
    this.#most = perMinute;
    this.#tokens = perMinute;
    this.#atMs = nowMs;
  }

  /** Takes so many, where there is one at least; answers 0, or in how many milliseconds there is one. */
  take(count: number, nowMs: number): number {
    this.#fill(nowMs);
    if (this.#tokens < 1) return Math.ceil((1 - this.#tokens) / this.#perMs);
    this.#tokens -= count;
    return 0;
  }

  /** Takes so many, whether they are there or not: what is known only once it has happened. */
  charge(count: number, nowMs: number): void {
    this.#fill(nowMs);
    this.#tokens -= count;
  }

  #fill(nowMs: number): void {
    this.#tokens = Math.min(this.#most, this.#tokens + (nowMs - this.#atMs) * this.#perMs);
    this.#atMs = nowMs;
  }
}
