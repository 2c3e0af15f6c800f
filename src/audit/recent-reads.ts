/**
 * What pages in browsers read of others' data, again and again while somebody looks: the first time stands for those of the
 * minutes after it that are like it, with the same session, from the same place. Of keys every reading is an event.
 */
import type { Login } from "../api/command.ts";
import type { Asked } from "./event.ts";

/** For how long one stands for those that are like it. */
const STANDS_FOR_MS = 600_000;

/** How many are remembered; the one that came first makes way, and is an event again sooner. */
const MOST = 10_000;

/** A reading; what has none is an event each time. */
export type Mark = string | null;

export class RecentReads {
  readonly #now: () => number;
  /** When each was recorded, in that order. */
  readonly #recordedMs = new Map<string, number>();

  /** @param now milliseconds of a clock that only goes forward */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** What tells the reading from others. */
  markOf({ by }: Pick<Login, "by">, { user, address, command, object }: Asked): Mark {
    return by?.session === undefined ? null : [by.session, user, address, command, object].join(" ");
  }

  /** Whether one that is on record stands for it. */
  has(mark: Mark): boolean {
    const recordedMs = mark === null ? undefined : this.#recordedMs.get(mark);
    return recordedMs !== undefined && this.#now() - recordedMs < STANDS_FOR_MS;
  }

  /** It is on record. */
  note(mark: Mark): void {
    if (mark === null) return;
    this.#recordedMs.delete(mark);
    this.#recordedMs.set(mark, this.#now());
    const [oldest] = this.#recordedMs.size > MOST ? this.#recordedMs.keys() : [];
    if (oldest !== undefined) this.#recordedMs.delete(oldest);
  }
}
