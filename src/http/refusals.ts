/** Refusals by the thousand, told in the log now and then. */
import type { Logger } from "pino";

const TELL_EVERY_MS = 10_000;

export class Refusals {
  readonly #logger: Logger | undefined;
  readonly #sentence: string;
  #refused = 0;
  #refusedInAll = 0;
  #toldAtMs = Number.NEGATIVE_INFINITY;

  constructor(logger: Logger | undefined, sentence: string) {
    this.#logger = logger;
    this.#sentence = sentence;
  }

  /** All that were counted, told or not. */
  get inAll(): number {
    return this.#refusedInAll;
  }

  /** Counts one, of the last of which `fields` tell. */
  count(fields: Readonly<Record<string, unknown>>): void {
    this.#refused++;
    this.#refusedInAll++;
    const nowMs = performance.now();
    if (nowMs < this.#toldAtMs + TELL_EVERY_MS) return;
    this.#toldAtMs = nowMs;
    this.#logger?.warn({ refused: this.#refused, ...fields }, this.#sentence);
    this.#refused = 0;
  }
}
