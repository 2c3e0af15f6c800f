/**
 * What went wrong lately where nobody waited for it. The log has all of it; this is for who asks what is wrong, and
 * bounded: the latest of each kind, and of the kinds those that came last.
 */
import { HOUR_MS } from "../base/durations.ts";
import { inOneLine } from "../base/one-line.ts";

/** How many kinds are kept, how long after their last time, and how much of each. */
const MOST = 50;
const KEPT_MS = HOUR_MS;
const CHARACTERS = 300;

export type TroubleLevel = "warn" | "error";

export type Trouble = {
  readonly level: TroubleLevel;
  /** A sentence, as the log has it. */
  readonly message: string;
  /** How often it was heard since the first time. */
  readonly count: number;
  readonly firstMs: number;
  readonly lastMs: number;
};

export class Troubles {
  /** By their sentences, in the order of their last times. */
  readonly #kept = new Map<string, Trouble>();
  readonly #counts = { warn: 0, error: 0 };

  /** @param nowMs milliseconds since the epoch */
  note(level: TroubleLevel, text: string, nowMs: number): void {
    this.#counts[level]++;
    const message = inOneLine(text).slice(0, CHARACTERS);
    const before = this.#recent(nowMs).get(message);
    this.#kept.delete(message);
    const [oldest] = this.#kept.size < MOST ? [] : this.#kept.keys();
    if (oldest !== undefined) this.#kept.delete(oldest);
    this.#kept.set(message, {
      ...{ level, message, count: (before?.count ?? 0) + 1 },
      ...{ firstMs: before?.firstMs ?? nowMs, lastMs: nowMs },
    });
  }

  /** How many there were in all, by level. */
  get counts(): Readonly<Record<TroubleLevel, number>> {
    return { ...this.#counts };
  }

  /** Those of the last hour, the latest first. */
  recent(nowMs: number): readonly Trouble[] {
    return [...this.#recent(nowMs).values()].reverse();
  }

  #recent(nowMs: number): ReadonlyMap<string, Trouble> {
    for (const [message, { lastMs }] of this.#kept) if (nowMs - lastMs > KEPT_MS) this.#kept.delete(message);
    return this.#kept;
  }
}
