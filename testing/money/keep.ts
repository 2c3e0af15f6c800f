/**
 * The plain model of what becomes of drives of an account that is suspended for its funds (the page on accounts: 402): they are
 * kept for as long as the operator says, with warnings before that ends, and go then only where the operator says so and it was
 * told. Time in which nobody told it anything takes none of its warnings away.
 */

const DAY = 24 * 3600;
/** How many days before their end it is warned. */
const BEFORE = [14, 7, 1];
/** So many warnings are to have reached it. */
const REACHED = 2;

/** What the operator has decided of drives. */
export type Terms = { keepDays: number; destroys: boolean };

/** A warning, and when it reached the account; null: it has not. */
export type Warned = { readonly days: number; readonly until: number; delivered: number | null };

export class Keep {
  readonly warned: Warned[] = [];
  /** When it was suspended. */
  readonly #since: number;
  readonly #terms: Terms;

  constructor(since: number, terms: Terms) {
    this.#since = since;
    this.#terms = terms;
  }

  /** What it is to be warned of now, which it is by that; null: of nothing. */
  warning(now: number): Warned | null {
    const end = this.#end();
    const due = BEFORE.filter((days) => end - now <= days * DAY);
    let days = Math.min(...due);
    if (due.length === 0 || this.warned.some((other) => other.days <= days)) return null;
    // Where it comes with the last of them, there are to be two still.
    if (this.warned.length === 0) days = Math.max(days, 7);
    const warned = { days, until: Math.max(end, now + days * DAY), delivered: null };
    this.warned.push(warned);
    return warned;
  }

  /** Whether drives go now. */
  isOver(now: number): boolean {
    const heeded = this.warned.filter(
      ({ days, delivered }) => delivered !== null && now >= delivered + days * DAY,
    );
    return this.#terms.destroys && now >= this.#end() && heeded.length >= REACHED;
  }

  /** All that it was warned of has reached it by now. */
  reach(now: number): void {
    for (const each of this.warned) each.delivered ??= now;
  }

  /** It lasts as long as the last warning has said, whatever the operator has decided since. */
  #end(): number {
    return Math.max(this.#since + this.#terms.keepDays * DAY, ...this.warned.map(({ until }) => until));
  }
}
