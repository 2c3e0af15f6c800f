/**
 * Charging what was used, hour by hour: each hour two minutes after its end at the soonest, in order, and once, whatever
 * crashes; a daemon that was away begins where the last one was. Subscriptions end in their order of time among the hours.
 * Accounts go a few at a time, so that nobody's command waits long; one that fails keeps no other from being charged.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Clock } from "../base/clock.ts";
import { HOUR_S } from "../base/durations.ts";
import { CommitUnknown, StoreFull, StoreUnavailable } from "../base/store-errors.ts";
import { addUp, crowdedOf } from "../metering/crowded.ts";
import { accountsInUse, firstUseFrom, hourOf } from "../metering/roll-up.ts";
import type { Store, Tx } from "../store/store.ts";
import { recordCharged, recordedUntil } from "./charged.ts";
import { type Charge, chargeHour } from "./hour.ts";
import { checkLedgers } from "./ledger-check.ts";
import { catchUp, isOverdue, leaveBehind, overdueAccounts } from "./overdue.ts";
import { type PriceList, priceListAt } from "./prices.ts";
import { endedBy, settleEnd } from "./renewals.ts";
import type { Subscription } from "./subscriptions.ts";

/** How long after its end an hour is charged at the soonest: what was under way then is recorded. */
const DELAY_S = 120;
const LOOK_MS = 10_000;
/** How often an account that fails is tried again. */
const RETRY_S = 300;
/** How many accounts go in one transaction: so many that it takes about so long. */
const MOST_AT_ONCE = 100;
const FIRST_AT_ONCE = 8;
const WORK_MS = 25;

export type ChargingOptions = {
  readonly store: Store;
  readonly clock: Clock;
  /** Told why something failed, which is tried again. */
  readonly onTrouble: (error: unknown) => void;
};

export class Charging {
  readonly #options: ChargingOptions;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> | null = null;
  #isClosing = false;
  #retryAt = 0;
  #atOnce = FIRST_AT_ONCE;
  #checking: Promise<void> | null = null;

  constructor(options: ChargingOptions) {
    this.#options = options;
  }

  /**
   * Charges what is due from now on, and checks all ledgers once, beside that. To be called once what ended while no daemon was
   * there is recorded.
   */
  start(): void {
    const look = () => void this.round().catch(this.#options.onTrouble);
    this.#timer = setInterval(look, LOOK_MS).unref();
    look();
    this.#checking = this.#checkLedgers().catch(this.#options.onTrouble);
  }

  /** Charges all that is due; one at a time. Errors: the store's: then it goes on from there with the next. */
  round(): Promise<void> {
    this.#round ??= this.#run().finally(() => {
      this.#round = null;
    });
    return this.#round;
  }

  /** Ends between two transactions. */
  async close(): Promise<void> {
    this.#isClosing = true;
    clearInterval(this.#timer);
    await this.#round?.catch(() => {});
    await this.#checking;
  }

  /** Tells of ledgers that do not add up: a defect, or somebody who changed the store by hand. */
  async #checkLedgers(): Promise<void> {
    const { faults } = await checkLedgers(this.#options.store, () => !this.#isClosing);
    for (const { user, entry, fault } of faults)
      this.#options.onTrouble(
        new Error(`the ledger of account ${user} is wrong at entry ${entry}: ${fault}`),
      );
  }

  async #run(): Promise<void> {
    const { store, clock } = this.#options;
    // Most of the time nothing is due, and nobody is kept from writing for that.
    let hour =
      (await store.snapshot(recordedUntil)) ?? (await store.transaction((tx) => firstHour(tx, clock.now())));
    while (!this.#isClosing) {
      const { ended, list, accounts } = await store.snapshot((tx) => lookAtHour(tx, hour, clock.now()));
      if (ended.length > 0) {
        await this.#settleEnds(ended, hour);
        continue;
      }
      if (accounts === null) break;
      const charged = await this.#chargeAll(hour, list, accounts);
      if (charged === null) return;
      const until = hour + HOUR_S;
      // A cloud in which nothing is used for long is done with that at once.
      const next = charged > 0 ? until : await this.#skipIdle(until);
      await store.transaction((tx) => recordCharged(tx, next));
      hour = next;
    }
    await this.#chargeOverdue(hour);
  }

  /** From an hour on the first one that is due in which something was used; that which is due last where there is none. */
  async #skipIdle(hour: number): Promise<number> {
    const { store, clock } = this.#options;
    const last = hourOf(clock.now() - DELAY_S);
    if (last <= hour) return hour;
    const use = await store.snapshot((tx) => firstUseFrom(tx, hour));
    return use === null ? last : Math.min(last, hourOf(use));
  }

  /** Settles subscriptions that have ended, while all hours before `hour` and no other are charged. */
  async #settleEnds(ended: readonly Subscription[], hour: number): Promise<void> {
    const { clock } = this.#options;
    await this.#together(
      ended,
      ({ user }) => user,
      hour,
      async (tx, some) => {
        for (const each of some) await settleEnd(tx, each, clock.now());
      },
    );
  }

  /**
   * Charges the hour to all who used something in it. Answers how many those are; null where this ended before all were.
   *
   * @param first of those the first ones
   */
  async #chargeAll(hour: number, list: PriceList | null, first: Accounts): Promise<number | null> {
    for (let [accounts, charged] = [first, 0]; ; ) {
      const { last, users, crowded } = accounts;
      const others = users.filter((user) => !crowded.has(user));
      for (const part of [others, ...[...crowded].map((user) => [user])])
        if (!(await this.#chargeThese(part, crowded, { hour, list }))) return null;
      charged += users.length;
      if (last === null) return charged;
      accounts = await this.#options.store.snapshot((tx) => accountsAfter(tx, hour, last));
    }
  }

  /** Charges the hour to several accounts, or to one that is crowded. Answers whether it did it for all. */
  async #chargeThese(
    users: readonly string[],
    crowded: ReadonlySet<string>,
    { hour, list }: Pick<Charge, "hour" | "list">,
  ): Promise<boolean> {
    const { store, clock } = this.#options;
    const [user = ""] = users;
    const addedUp = crowded.has(user)
      ? await addUp(store, user, { from: hour, to: hour + HOUR_S })
      : undefined;
    const charge = (tx: Tx, some: readonly string[]) =>
      chargeHour(tx, some, { hour, list, at: clock.now(), addedUp });
    return this.#together(users, (each) => each, hour, charge);
  }

  /** Does something for several accounts, in few transactions that are short. Answers whether it did it for all. */
  async #together<Item>(
    items: readonly Item[],
    userOf: (item: Item) => string,
    hour: number,
    work: (tx: Tx, items: readonly Item[]) => Promise<void>,
  ): Promise<boolean> {
    const { store } = this.#options;
    for (let at = 0; at < items.length; ) {
      if (this.#isClosing) return false;
      await nextTurn();
      const some = items.slice(at, at + this.#atOnce);
      try {
        const inTransaction = async (tx: Tx) => {
          const beganMs = performance.now();
          await work(tx, some);
          return performance.now() - beganMs;
        };
        this.#pace(await store.transaction(inTransaction, { grows: true }));
      } catch (error) {
        if (isOfStore(error)) throw error;
        // One of them fails: each by itself, and who fails is left behind.
        await this.#alone(some, userOf, hour, work);
      }
      at += some.length;
    }
    return true;
  }

  /** What the work of a transaction took, its commit apart, says how many accounts the next one takes. */
  #pace(tookMs: number): void {
    if (tookMs > 2 * WORK_MS) this.#atOnce = Math.max(1, Math.floor(this.#atOnce / 2));
    else if (tookMs < WORK_MS / 2) this.#atOnce = Math.min(MOST_AT_ONCE, 2 * this.#atOnce);
  }

  async #alone<Item>(
    items: readonly Item[],
    userOf: (item: Item) => string,
    hour: number,
    work: (tx: Tx, items: readonly Item[]) => Promise<void>,
  ): Promise<void> {
    const { store } = this.#options;
    for (const item of items) {
      if (this.#isClosing) return;
      const user = userOf(item);
      try {
        await store.transaction(
          async (tx) => {
            // Nothing of an account that failed goes on before what failed.
            if (!(await isOverdue(tx, user))) await work(tx, [item]);
          },
          { grows: true },
        );
      } catch (error) {
        if (isOfStore(error)) throw error;
        this.#tellFailure(user, error);
        await store.transaction((tx) => leaveBehind(tx, user, hour));
      }
    }
  }

  /** Charges those who failed earlier, each up to where the others are. */
  async #chargeOverdue(hour: number): Promise<void> {
    const { store, clock } = this.#options;
    if (clock.now() < this.#retryAt) return;
    for (const { user } of await store.snapshot(overdueAccounts)) {
      try {
        let isBehind = true;
        while (isBehind && !this.#isClosing) {
          await nextTurn();
          isBehind = await catchUp(store, user, hour, clock.now());
        }
      } catch (error) {
        if (isOfStore(error)) throw error;
        this.#tellFailure(user, error);
      }
    }
  }

  #tellFailure(user: string, cause: unknown): void {
    const { clock, onTrouble } = this.#options;
    onTrouble(new Error(`account ${user} could not be charged, and is tried again`, { cause }));
    this.#retryAt = clock.now() + RETRY_S;
  }
}

/** What is to be done next about the hour that begins then. */
type Due = {
  /** Subscriptions that have ended by its end: to be settled before anything is charged. */
  readonly ended: readonly Subscription[];
  /** The prices in force. */
  readonly list: PriceList | null;
  /** The first of those that it is to be charged to; null: it is not due yet. */
  readonly accounts: Accounts | null;
};

async function lookAtHour(tx: Tx, hour: number, now: number): Promise<Due> {
  const end = hour + HOUR_S;
  const ended = await endedBy(tx, Math.min(now, end - 1), MOST_AT_ONCE);
  if (ended.length > 0 || end + DELAY_S > now) return { ended, list: null, accounts: null };
  return { ended, list: await priceListAt(tx, hour), accounts: await accountsAfter(tx, hour, "") };
}

/** Some of the accounts that used something in an hour: those that are charged in their time, and who of them is crowded. */
type Accounts = {
  readonly users: readonly string[];
  readonly crowded: ReadonlySet<string>;
  /** After whom the next ones come; null: there are no more. */
  readonly last: string | null;
};

async function accountsAfter(tx: Tx, hour: number, after: string): Promise<Accounts> {
  const within = { from: hour, to: hour + HOUR_S };
  const all = await accountsInUse(tx, within, after, MOST_AT_ONCE);
  const behind = new Set((await overdueAccounts(tx)).map(({ user }) => user));
  const users = all.filter((user) => !behind.has(user));
  const last = all.length < MOST_AT_ONCE ? null : (all.at(-1) ?? null);
  return { last, users, crowded: new Set(await crowdedOf(tx, users, within)) };
}

/** What concerns all accounts alike. */
const isOfStore = (error: unknown): boolean =>
  error instanceof StoreUnavailable || error instanceof StoreFull || error instanceof CommitUnknown;

/** The hour up to which all are charged; where nothing is recorded, that of the first use. */
async function firstHour(tx: Tx, now: number): Promise<number> {
  const known = await recordedUntil(tx);
  if (known !== null) return known;
  const subscribed = await tx
    .selectFrom("subscriptions")
    .select((row) => row.fn.min("from").as("first"))
    .executeTakeFirst();
  const first = hourOf(Math.min(now, (await firstUseFrom(tx, 0)) ?? now, Number(subscribed?.first ?? now)));
  await recordCharged(tx, first);
  return first;
}
