/**
 * Events of written bytes, which come by the hundred: the first to a drive with a key from a place stands for those of the
 * minute after it. What one account has of them in memory is bounded, however long the store takes none.
 */
import type { Asked } from "./event.ts";

/** For how long one stands for those that are like it. */
const STANDS_FOR_MS = 60_000;

/** How many there are of an account, of different drives, keys and places; what comes besides names no drive. */
const MOST_OF_ACCOUNT = 200;

type Write = { readonly asked: Asked; readonly outcome: string };

type Noted = Write & {
  readonly notedMs: number;
  /** Whether it is on record yet. */
  isRecorded: boolean;
};

export class Writes {
  readonly #now: () => number;
  /** Of each account that writes, by all that they say. */
  readonly #accounts = new Map<string, Map<string, Noted>>();
  #due = 0;

  /** @param now milliseconds of a clock that only goes forward */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** How many are not on record yet. */
  get due(): number {
    return this.#due;
  }

  /** Takes note of one, and answers whether it is to be a row: another may stand for it. */
  note({ asked, outcome }: Write): boolean {
    const account = this.#accounts.get(asked.actor) ?? new Map<string, Noted>();
    this.#accounts.set(asked.actor, account);
    const { user, key, address, object } = asked;
    const own = [user, key, address, object, outcome].join(" ");
    const isMore = account.size >= MOST_OF_ACCOUNT && !account.has(own);
    const mark = isMore ? [user, outcome].join(" ") : own;
    const known = account.get(mark);
    if (known !== undefined && (!known.isRecorded || !this.#isOver(known))) return false;
    const noted = isMore ? { ...asked, object: "" } : asked;
    account.set(mark, { asked: noted, outcome, notedMs: this.#now(), isRecorded: false });
    this.#due++;
    return true;
  }

  /** Has `record` do with all that are due; they are on record once it has. Errors: its own; they stay due. */
  async record(record: (writes: readonly Write[]) => Promise<void>): Promise<void> {
    const noted = [...this.#accounts.values()].flatMap((account) => [...account.values()]);
    const due = noted.filter(({ isRecorded }) => !isRecorded);
    if (due.length > 0) await record(due);
    for (const each of due) each.isRecorded = true;
    this.#due -= due.length;
    this.#forgetOver();
  }

  #forgetOver(): void {
    for (const [actor, account] of this.#accounts) {
      for (const [mark, noted] of account) if (noted.isRecorded && this.#isOver(noted)) account.delete(mark);
      if (account.size === 0) this.#accounts.delete(actor);
    }
  }

  #isOver({ notedMs }: Noted): boolean {
    return this.#now() - notedMs >= STANDS_FOR_MS;
  }
}
