/** The plain model of what follows when an account's funds end (the page on accounts: 402): warnings, the grace, and the suspension. */
import type { Account } from "./model.ts";

const HOUR = 3600;
/** How long what runs goes on once funds have ended. */
const GRACE = 24 * HOUR;
/** How many hours before their end it is told that they end. */
const BEFORE = [72, 24, 1] as const;

/** How often it was told that its funds end in so many hours, and when last. */
export type Told = { readonly hours: number; readonly count: number; readonly last: number };

/** What was done about an account's funds, as its records say. */
export type Recorded = {
  readonly ended: number | null;
  /** Of the warnings that is in force; 0: that they have ended. */
  readonly warned: number | null;
  readonly told: readonly Told[];
};

export class Funds {
  readonly #account: Account;
  status: "active" | "suspended" = "active";
  /** When it was told that its funds have ended. */
  #ended: number | null = null;
  /** Whether it is suspended for its funds, and not by an operator's word. */
  #isForMoney = false;
  /** How often it was told that they have ended. */
  warnings = 0;
  /** The nearest end that it was told of; what it was told when its funds end sooner than that again is not told anew. */
  #warned: number | null = null;
  #told: readonly Told[] = BEFORE.map((hours) => ({ hours, count: 0, last: Number.NEGATIVE_INFINITY }));

  constructor(account: Account) {
    this.#account = account;
  }

  /** What each minute does: it is told of the end, and suspended a grace later, however much is charged by then. */
  look(now: number): void {
    if (!this.#account.hasPrices) return;
    const { balance, credit } = this.#account;
    const until = this.#account.fundsUntil(now);
    const isOver = until !== null && until <= now;
    if (this.#isForMoney) {
      if (!isOver) this.paid();
      return;
    }
    if (balance + credit >= 0n && !isOver) {
      if (this.#ended !== null) this.#warned = null;
      this.#ended = null;
      this.#warn(until === null ? Number.POSITIVE_INFINITY : until - now, now);
      return;
    }
    if (this.#ended === null) {
      this.#ended = now;
      this.#warned = 0;
      this.warnings++;
    }
    if (this.status === "active" && now >= this.#ended + GRACE) {
      this.status = "suspended";
      this.#isForMoney = true;
    }
  }

  /** It is told once that its funds end soon, of several times that have come the nearest, and not again within an hour. */
  #warn(left: number, now: number): void {
    // Twice as long as it was told of: it is told anew when that comes again.
    const isFar = this.#warned !== null && left > 2 * this.#warned * HOUR;
    const nearest = BEFORE.findLast((hours) => left <= hours * HOUR) ?? null;
    if (isFar) this.#warned = nearest;
    if (nearest === null || (this.#warned !== null && nearest >= this.#warned)) return;
    const before = this.#told.find(({ hours }) => hours === nearest);
    if (before === undefined || now < before.last + HOUR) return;
    const told = { hours: nearest, count: before.count + 1, last: now };
    this.#told = this.#told.map((each) => (each.hours === nearest ? told : each));
    this.#warned = nearest;
  }

  /** How often it was told of each time. */
  get told(): readonly (readonly [hours: number, count: number])[] {
    return this.#told.map(({ hours, count }) => [hours, count]);
  }

  /** What of it was done as the daemon was killed: when it was told of the end, null where it was not, or that was taken back. */
  recall({ ended, warned, told }: Recorded, now: number): void {
    this.#warned = warned;
    this.#told = this.#told.map((each) => {
      const is = told.find(({ hours }) => hours === each.hours);
      return is !== undefined && is.last === now && is.count === each.count + 1 ? is : each;
    });
    if (ended === now && this.#ended !== now) this.warnings++;
    if (ended !== null && ended !== now && ended !== this.#ended)
      throw new Error(`it was told of the end of its funds at ${ended}, and knew of ${this.#ended}`);
    this.#ended = ended;
  }

  /** A credit that makes the balance positive ends a suspension for money, at once. */
  paid(): void {
    if (this.#isForMoney && this.#account.balance > 0n) this.rule("active");
  }

  /** An operator's word: it takes the place of whatever followed from funds. */
  rule(status: "active" | "suspended"): void {
    this.status = status;
    this.#isForMoney = false;
    this.#ended = null;
    this.#warned = null;
  }
}
