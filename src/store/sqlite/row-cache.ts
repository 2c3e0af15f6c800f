/**
 * Rows that were read since the last change: who polls an object's `info` reads the same rows again and again, and the
 * locks that SQLite takes for it cost more than all else in such a request.
 *
 * The rule by which it forgets: all of it at each commit of this process, before the commit is answered; and all of
 * it when another process is found to have committed, which is looked for whenever the last look is `LOOK_AFTER_MS`
 * old. A process that commits closes its store no earlier than that after its last commit, so whoever waits for it to
 * end, as a shell waits for `lodge user create`, reads nothing here that is older. That there is no row is kept by the
 * same rule.
 */

/** How long what another process committed may go unseen. */
export const LOOK_AFTER_MS = 10;

/** How many results are kept, and how much text they have; then all are forgotten. */
const MOST_RESULTS = 20_000;
const MOST_CHARACTERS = 32 * 1024 * 1024;
/** A result with more text than that is not kept, which the row of one object has not: pages of a long list would push all others out. */
const MOST_CHARACTERS_EACH = 68 * 1024;

type Rows = readonly unknown[];

export class RowCache {
  readonly #version: () => number;
  readonly #now: () => number;
  #results: Map<string, Rows>[] = [];
  #count = 0;
  #characters = 0;
  #seenVersion: number;
  #lookedAt: number;

  /**
   * @param version a number that is another one after each commit of another connection
   * @param now milliseconds of a clock that goes steadily
   */
  constructor(version: () => number, now: () => number = () => performance.now()) {
    this.#version = version;
    this.#now = now;
    this.#seenVersion = version();
    this.#lookedAt = now();
  }

  /** Where the results of one query are kept, by its parameters: to be filled and read by `rows` alone. */
  open(): Map<string, Rows> {
    const results = new Map<string, Rows>();
    this.#results.push(results);
    return results;
  }

  /** The rows of an earlier read with the same parameters, else those that `read` answers. Errors: those of `read`. */
  rows(results: Map<string, Rows>, key: string, read: () => Rows): Rows {
    const now = this.#now();
    if (now - this.#lookedAt >= LOOK_AFTER_MS) this.#look(now);
    const known = results.get(key);
    if (known !== undefined) return known;
    const rows = read();
    const characters = charactersIn(rows);
    if (characters > MOST_CHARACTERS_EACH) return rows;
    if (this.#count >= MOST_RESULTS || this.#characters + characters > MOST_CHARACTERS) this.forget();
    this.#count++;
    this.#characters += characters;
    results.set(key, rows);
    return rows;
  }

  /** Forgets everything. */
  forget(): void {
    if (this.#count === 0) return;
    for (const results of this.#results) results.clear();
    this.#count = 0;
    this.#characters = 0;
  }

  #look(now: number): void {
    this.#lookedAt = now;
    const version = this.#version();
    if (version === this.#seenVersion) return;
    this.#seenVersion = version;
    this.forget();
  }
}

/** How much text the rows have. */
function charactersIn(rows: readonly unknown[]): number {
  let characters = 0;
  for (const row of rows) {
    for (const value of Object.values(row as object))
      if (typeof value === "string") characters += value.length;
  }
  return characters;
}
