/** The plain model of what follows when an account's funds end (the page on accounts: 402): warnings, the grace, and the suspension. */
import { Keep, type Terms } from "./keep.ts";
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
  /** That which it was told last comes last. */
  readonly told: readonly Told[];
  readonly status: string;
  /** When it was suspended for its funds, null: it is not. */
  readonly suspended: number | null;
  /** How often it was warned of drives since then. */
  readonly drives: number;
};

/** What the cloud says of such a suspension. */
const REASON = "its funds have ended";

export class Funds {
  readonly #account: Account;
  status: "active" | "suspended" = "active";
  /** When it was told that its funds have ended. */
  #ended: number | null = null;
  /** What becomes of its drives: where it is suspended for its funds, and not by an operator's word. */
  #keep: Keep | null = null;
  readonly #terms: Terms;
  /** How often it was told that they have ended. */
  warnings = 0;
  /** The nearest end that it was told of; what it was told when its funds end sooner than that again is not told anew. */
  #warned: number | null = null;
  #told: readonly Told[] = BEFORE.map((hours) => ({ hours, count: 0, last: Number.NEGATIVE_INFINITY }));

  constructor(account: Account, terms: Terms) {
    this.#account = account;
    this.#terms = terms;
  }

  /**
   * What each minute does: it is told of the end, and suspended a grace later, however much is charged by then. Answers whether
   * its drives go.
   */
  look(now: number, hasDrives: boolean): boolean {
    if (!this.#account.hasPrices) return false;
    const until = this.#account.fundsUntil(now);
    const isOver = until !== null && until <= now;
    if (!isOver) this.paid();
    if (this.#keep === null) this.#spend(until, isOver, now);
    if (this.#keep === null || !hasDrives) return false;
    this.#warnOfDrives(this.#keep, now);
    return this.#keep.isOver(now);
  }

  #warnOfDrives(keep: Keep, now: number): void {
    const warned = keep.warning(now);
    if (warned !== null) this.#tell(`drives:${warned.days}`, warned.until);
  }

  #spend(until: number | null, isOver: boolean, now: number): void {
    const { balance, credit } = this.#account;
    if (balance + credit >= 0n && !isOver) {
      if (this.#ended !== null) this.#warned = null;
      this.#ended = null;
      this.#warn(until ?? Number.POSITIVE_INFINITY, now);
      return;
    }
    if (this.#ended === null) this.#end(now);
    if (this.status === "active" && now >= (this.#ended ?? now) + GRACE) this.#suspend(now);
  }

  #end(now: number): void {
    this.#ended = now;
    this.#warned = 0;
    this.warnings++;
    this.#tell("funds:0", now + GRACE);
  }

  #suspend(now: number): void {
    this.#setStatus("suspended", REASON);
    this.#keep = new Keep(now, this.#terms);
  }

  #tell(kind: string, until: number): void {
    this.#account.events.push({ event: "account.warning", data: { kind, until } });
  }

  #setStatus(status: "active" | "suspended", reason: string): void {
    if (status === this.status) return;
    this.status = status;
    const told = status === "suspended" ? { event: "account.suspended", data: { reason } } : null;
    this.#account.events.push(told ?? { event: "account.resumed", data: {} });
  }

  /** It is told once that its funds end soon, of several times that have come the nearest, and not again within an hour. */
  #warn(until: number, now: number): void {
    const left = until - now;
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
    this.#tell(`funds:${nearest}`, until);
  }

  /** How often it was told of each time. */
  get told(): readonly (readonly [hours: number, count: number])[] {
    return this.#told.map(({ hours, count }) => [hours, count]);
  }

  /** The account asked for itself: whatever it was warned of has reached it. */
  asked(now: number): void {
    this.#keep?.reach(now);
  }

  /** What of it was done as the daemon was killed: when it was told of the end, null where it was not, or that was taken back. */
  recall({ ended, warned, told, status, suspended, drives }: Recorded, now: number): void {
    if (this.#keep !== null && status === "active") this.paid();
    // What is charged puts off an end that was reckoned at the rate of now: it was told, and taken back in the same moment.
    for (const each of told.filter(({ last }) => last === now)) this.#recallTold(each, now);
    if (ended === now && this.#ended !== now) this.#end(now);
    if (ended !== null && ended !== now && ended !== this.#ended)
      throw new Error(`it was told of the end of its funds at ${ended}, and knew of ${this.#ended}`);
    this.#ended = ended;
    this.#warned = warned;
    if (suspended === now && this.#keep === null) this.#suspend(now);
    if (this.#keep !== null && drives > this.#keep.warned.length) this.#warnOfDrives(this.#keep, now);
  }

  #recallTold(is: Told, now: number): void {
    if (is.hours === 0) {
      if (is.count === this.warnings + 1 && this.#ended !== now) this.#end(now);
      return;
    }
    this.#told = this.#told.map((each) => {
      if (is.hours !== each.hours || is.count !== each.count + 1) return each;
      this.#tell(`funds:${each.hours}`, now);
      return is;
    });
  }

  /** A credit that makes the balance positive ends a suspension for money, at once. */
  paid(): void {
    if (this.#keep !== null && this.#account.balance > 0n) this.rule("active");
  }

  /** An operator's word: it takes the place of whatever followed from funds. */
  rule(status: "active" | "suspended"): void {
    this.#setStatus(status, "");
    this.#keep = null;
    this.#ended = null;
    this.#warned = null;
  }
}
