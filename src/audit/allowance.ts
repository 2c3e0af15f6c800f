/**
 * How many rows of the audit trail one account may add, so that it fills no disk: of each command the first of a day are a
 * row each, and from then on one an hour stands for all that follow. By the command, so that nobody hides the end of a drive
 * behind a flood of new names.
 */
import { DAY_MS, HOUR_MS } from "../base/durations.ts";
import type { Asked } from "./event.ts";

/** How many events of one command of an account's are a row each within a day. */
const MOST_A_DAY = 5_000;

/** How many accounts are remembered; the one that came first makes way. */
const MOST_ACCOUNTS = 10_000;

type Account = {
  readonly sinceMs: number;
  readonly commands: Map<string, { rows: number; lastMs: number }>;
};

export class Allowance {
  readonly #now: () => number;
  readonly #accounts = new Map<string, Account>();

  /** @param now milliseconds of a clock that only goes forward */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Whether what its actor has done is to be a row. */
  grants({ actor, command }: Asked): boolean {
    const account = this.#accounts.get(actor);
    const spent = account?.commands.get(command);
    if (account === undefined || spent === undefined || spent.rows < MOST_A_DAY) return true;
    return this.#now() - account.sinceMs >= DAY_MS || this.#now() - spent.lastMs >= HOUR_MS;
  }

  /** Counts a row that was written. */
  spend({ actor, command }: Asked): void {
    const { commands } = this.#accountOf(actor);
    const rows = commands.get(command)?.rows ?? 0;
    commands.set(command, { rows: rows + 1, lastMs: this.#now() });
  }

  #accountOf(actor: string): Account {
    const nowMs = this.#now();
    const known = this.#accounts.get(actor);
    if (known !== undefined && nowMs - known.sinceMs < DAY_MS) return known;
    const account: Account = { sinceMs: nowMs, commands: new Map() };
    this.#accounts.delete(actor);
    this.#accounts.set(actor, account);
    const [first] = this.#accounts.keys();
    if (this.#accounts.size > MOST_ACCOUNTS && first !== undefined) this.#accounts.delete(first);
    return account;
  }
}
