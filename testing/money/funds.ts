/** The plain model of what follows when an account's funds end (the page on accounts: 402): the grace, and the suspension. */
import type { Account } from "./model.ts";

/** How long what runs goes on once funds have ended. */
const GRACE = 24 * 3600;

export class Funds {
  readonly #account: Account;
  status: "active" | "suspended" = "active";
  /** When it was told that its funds have ended. */
  #ended: number | null = null;
  /** Whether it is suspended for its funds, and not by an operator's word. */
  #isForMoney = false;
  /** How often it was told that they have ended. */
  warnings = 0;

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
      this.#ended = null;
      return;
    }
    if (this.#ended === null) {
      this.#ended = now;
      this.warnings++;
    }
    if (this.status === "active" && now >= this.#ended + GRACE) {
      this.status = "suspended";
      this.#isForMoney = true;
    }
  }

  /** What of it was done as the daemon was killed: when it was told of the end, null where it was not, or that was taken back. */
  recall(ended: number | null, now: number): void {
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
  }
}
