/**
 * A plain model of an account's money, from the page on accounts alone: what was used and when, subscriptions, prices, and
 * what follows from them. It keeps no sums: whatever is asked of it is counted anew from all that happened.
 *
 * Times are whole seconds since the epoch; money is in 10^-8 of the currency.
 */
import type { Event } from "./events.ts";
import { type Fraction, floor, fraction, inUnits, least, money, times, whole } from "./exact.ts";

export const LEVELS = ["cpu", "mem", "disk", "ip", "vlan"] as const;
export type Level = (typeof LEVELS)[number];
export const PRICED = [...LEVELS, "xfer"] as const;
export type Priced = (typeof PRICED)[number];

export const HOUR = 3600;
const PERIODS = { month: 720 * HOUR, year: 8640 * HOUR } as const;
export type Period = keyof typeof PERIODS;
const GB = 2n ** 30n;
/** The end of the year 9999. */
const NEVER = BigInt(Date.UTC(10_000, 0, 1) / 1000);
/** An hour is charged this long after its end at the soonest. */
const CHARGED_AFTER = 120;

/** How many units of its amount a resource's price is for. */
export const unitOf = (resource: Priced): bigint => (resource === "disk" || resource === "xfer" ? GB : 1n);

export type Price = { readonly burst: string; readonly subscription?: string; readonly year?: string };
export type PriceList = { readonly from: number; readonly prices: Partial<Record<Priced, Price>> };

/** The amounts of an object, such as `cpu` and `mem` of a server, while it is counted. */
export type Amounts = Partial<Record<Level, bigint>>;
type Use = { readonly resource: Level; readonly amount: bigint; readonly from: number; to: number };

export type Subscription = {
  readonly resource: Priced;
  readonly amount: bigint;
  readonly period: Period;
  readonly from: number;
  readonly to: number;
  readonly price: bigint;
  renew: boolean;
  /** Whether what follows its end was done. */
  over: boolean;
};

export type Entry = {
  readonly kind: "burst" | "subscription" | "credit" | "correction";
  readonly amount: bigint;
  readonly balance: bigint;
  readonly resource: Priced | null;
  readonly from: number | null;
  readonly to: number | null;
  /** What time it is of: that which it is for, or when it was paid. */
  readonly of: number;
};

/** Up to where an account is charged, and how many of its subscriptions ended and were followed, or not. */
export type Charged = { readonly until: number; readonly settled: number };

/** What an account was charged and credited for a month, and its balance before and after. */
export type Invoice = Readonly<Record<"before" | "charged" | "credited" | "corrected" | "after", bigint>>;

/** Unit-seconds, or bytes of `xfer`: all, what subscriptions cover of it, and the rest; and what that costs. */
export type Used = { used: bigint; subscribed: bigint; burst: bigint; cost: bigint };

/** The price lists of a cloud. */
export class Prices {
  readonly #lists: PriceList[] = [];

  add(list: PriceList): void {
    this.#lists.push(list);
  }

  get any(): boolean {
    return this.#lists.length > 0;
  }

  /** That in force: of those that have begun the latest, and of several from one hour the one that came last. */
  at(time: number): PriceList["prices"] {
    let found: PriceList | undefined;
    for (const list of this.#lists) if (list.from <= time && list.from >= (found?.from ?? 0)) found = list;
    return found?.prices ?? {};
  }

  /** What so many unit-seconds of burst in an hour cost. */
  burst(resource: Priced, amount: bigint, hour: number): bigint {
    return inUnits(this.burstExactly(resource, amount, hour));
  }

  burstExactly(resource: Priced, amount: bigint, hour: number): Fraction {
    const price = fraction(this.at(hour)[resource]?.burst ?? "0");
    const seconds = resource === "xfer" ? 1n : BigInt(HOUR);
    return times(price, whole(amount, seconds * unitOf(resource)));
  }

  /** Null: it cannot be subscribed to. */
  subscription(resource: Priced, amount: bigint, period: Period, now: number): bigint | null {
    const { subscription, year = "10" } = this.at(now)[resource] ?? {};
    if (subscription === undefined) return null;
    const months = fraction(period === "year" ? year : "1");
    return inUnits(times(times(fraction(subscription), months), whole(amount, unitOf(resource))));
  }
}

export class Account {
  readonly ledger: Entry[] = [];
  /** What hooks are told of it, if there are any. */
  readonly events: Event[] = [];
  readonly subscriptions: Subscription[] = [];
  /** How far below zero the balance may go. */
  credit = 0n;
  /** All hours that ended by then are charged. */
  chargedUntil: number;
  readonly #prices: Prices;
  readonly #uses: Use[] = [];
  readonly #open = new Map<string, Use[]>();
  readonly #transfers: { readonly at: number; readonly bytes: bigint }[] = [];
  readonly #references = new Set<string>();

  constructor(prices: Prices, created: number) {
    this.#prices = prices;
    this.chargedUntil = hourOf(created);
  }

  /** Whether the cloud has prices, and so the account has money. */
  get hasPrices(): boolean {
    return this.#prices.any;
  }

  get balance(): bigint {
    return this.ledger.at(-1)?.balance ?? 0n;
  }

  /** The object is counted with those amounts from then on, and with nothing else; with none it is gone. */
  hold(object: string, amounts: Amounts, at: number): void {
    const before = this.#open.get(object) ?? [];
    const kept = before.filter(({ resource, amount }) => amounts[resource] === amount);
    for (const use of before) if (!kept.includes(use)) use.to = at;
    const begun = LEVELS.flatMap((resource): Use[] => {
      const amount = amounts[resource];
      if (amount === undefined || kept.some((use) => use.resource === resource)) return [];
      return [{ resource, amount, from: at, to: Number.POSITIVE_INFINITY }];
    });
    this.#uses.push(...begun);
    this.#open.set(object, [...kept, ...begun]);
  }

  /** What is counted now. */
  objects(): readonly string[] {
    return [...this.#open].filter(([, uses]) => uses.length > 0).map(([object]) => object);
  }

  transfer(bytes: bigint, at: number): void {
    this.#transfers.push({ at, bytes });
  }

  /** A reference counts once. */
  pay(amount: bigint, reference: string, at: number): void {
    if (this.#references.has(reference)) return;
    this.#references.add(reference);
    const kind = amount < 0n ? "correction" : "credit";
    this.#enter({ kind, amount, resource: null, from: null, to: null, of: at });
  }

  /** Errors: nothing is asked here; see `holdsSubscription`. */
  subscribe(resource: Priced, amount: bigint, period: Period, renew: boolean, from: number): Subscription {
    const price = this.#prices.subscription(resource, amount, period, from);
    if (price === null) throw new Error(`${resource} has no price`);
    const to = from + PERIODS[period];
    const made = { resource, amount, period, from, to, price, renew, over: false };
    this.subscriptions.push(made);
    this.#enter({ kind: "subscription", amount: -price, resource, from, to, of: from });
    return made;
  }

  #enter(entry: Omit<Entry, "balance">): void {
    const { kind, amount, resource, from, to } = entry;
    const balance = this.balance + amount;
    this.ledger.push({ ...entry, balance });
    const data = { entry: this.ledger.length, amount: money(amount), balance: money(balance), kind };
    const of = {
      ...(resource === null ? {} : { resource }),
      ...(from === null || to === null ? {} : { from, to }),
    };
    this.events.push({ event: "ledger.entry", data: { ...data, ...of } });
  }

  /** Charges what is due: hours in their order, and renewals among them. */
  charge(now: number): void {
    this.#chargeHours(hourOf(now - CHARGED_AFTER));
    this.#renew(Math.min(now, this.chargedUntil + HOUR - 1));
  }

  /** What of it was done as the daemon was killed. */
  recall({ until, settled }: Charged): void {
    this.#chargeHours(until);
    this.#renew(until + HOUR - 1, settled);
  }

  #chargeHours(last: number): void {
    for (; this.chargedUntil < last; this.chargedUntil += HOUR) {
      this.#renew(this.chargedUntil + HOUR - 1);
      const hour = this.chargedUntil;
      for (const resource of PRICED) {
        const { burst, cost } = this.usage(resource, hour, hour + HOUR);
        const isPriced = this.#prices.at(hour)[resource] !== undefined;
        const [from, to] = [hour, hour + HOUR];
        if (burst > 0n && isPriced)
          this.#enter({ kind: "burst", amount: -cost, resource, from, to, of: from });
      }
    }
  }

  /** Follows the subscriptions that ended by then, the earliest first, up to so many in all. */
  #renew(until: number, most = Number.POSITIVE_INFINITY): void {
    while (this.subscriptions.filter(({ over }) => over).length < most) {
      const ended = this.subscriptions.filter(({ over, to }) => !over && to <= until);
      const [first] = ended.sort((one, other) => one.to - other.to);
      if (first === undefined) return;
      first.over = true;
      const { resource, amount, period, renew, to } = first;
      const price = this.#prices.subscription(resource, amount, period, to);
      const followed = this.subscriptions.indexOf(first);
      if (renew && price !== null && price <= this.balance) {
        this.subscribe(resource, amount, period, true, to);
        const data = { subscription: this.subscriptions.length - 1, followed };
        this.events.push({ event: "subscription.renewed", data });
      } else {
        this.events.push({ event: "subscription.ended", data: { subscription: followed } });
      }
    }
  }

  /** What was used of a resource from one whole hour to another. */
  usage(resource: Priced, from: number, to: number): Used {
    const all: Used = { used: 0n, subscribed: 0n, burst: 0n, cost: 0n };
    const usedWithin =
      resource === "xfer" ? this.#transferred(from, to) : this.#usedLevel(resource, from, to);
    for (let hour = hourOf(from); hour < to; hour += HOUR) {
      const [used, subscribed] = usedWithin(Math.max(from, hour), Math.min(to, hour + HOUR));
      all.used += used;
      all.subscribed += subscribed;
      all.burst += used - subscribed;
      if (used > subscribed) all.cost += this.#prices.burst(resource, used - subscribed, hour);
    }
    return all;
  }

  #usedLevel(resource: Level, from: number, to: number): UsedWithin {
    const uses = within(this.#uses, from, to).filter((use) => use.resource === resource);
    const covers = within(this.subscriptions, from, to).filter((each) => each.resource === resource);
    return (begin, end) => usedOf(within(uses, begin, end), within(covers, begin, end), begin, end);
  }

  #transferred(from: number, to: number): UsedWithin {
    const all = this.#transfersCovered().transfers.filter(({ at }) => from <= at && at < to);
    return (begin, end) => {
      let [used, subscribed] = [0n, 0n];
      for (const { at, bytes, covered } of all) {
        if (at < begin || at >= end) continue;
        used += bytes;
        subscribed += covered;
      }
      return [used, subscribed];
    };
  }

  /** Bytes of each transfer that stores covered, the store that ends first being used up first; and what is left of each. */
  #transfersCovered() {
    const stores = this.subscriptions.filter(({ resource }) => resource === "xfer");
    const left = new Map(stores.map((store) => [store, store.amount]));
    const byEnd = stores.toSorted((one, other) => one.to - other.to);
    const transfers = this.#transfers.map(({ at, bytes }) => {
      let rest = bytes;
      for (const store of byEnd) {
        if (store.from > at || store.to <= at) continue;
        const there = left.get(store) ?? 0n;
        const taken = least(there, rest);
        left.set(store, there - taken);
        rest -= taken;
      }
      return { at, bytes, covered: bytes - rest };
    });
    return { transfers, left };
  }

  /** Bytes that are left of a store. */
  left(store: Subscription): bigint {
    return this.#transfersCovered().left.get(store) ?? 0n;
  }

  /** What is used of a level now, and what of it is covered: by one that is to be renewed until that is done or not. */
  using(resource: Level, now: number): { readonly using: bigint; readonly covered: bigint } {
    const uses = this.#uses.filter((use) => use.resource === resource);
    const covers = this.subscriptions.filter((each) => each.resource === resource);
    const ending = covers.filter(({ to, renew, over }) => to <= now && renew && !over);
    return {
      using: sumAt(uses, now),
      covered: ending.reduce((sum, { amount }) => sum + amount, sumAt(covers, now)),
    };
  }

  /** What an hour of burst costs at the prices of now, were so much more used and so much more covered. */
  burning(now: number, more: Amounts = {}, covered: Amounts = {}): bigint {
    return LEVELS.reduce((sum, resource) => {
      const is = this.using(resource, now);
      const burst = is.using + (more[resource] ?? 0n) - is.covered - (covered[resource] ?? 0n);
      if (burst <= 0n) return sum;
      return sum + this.#prices.burst(resource, burst * BigInt(HOUR), now);
    }, 0n);
  }

  /** What the ledger comes to between two times. */
  invoice(from: number, to: number): Invoice {
    const sum = (of: (entry: Entry) => boolean) =>
      this.ledger.reduce((all, entry) => (of(entry) ? all + entry.amount : all), 0n);
    const within = ({ of }: Entry) => from <= of && of < to;
    const kind = (...kinds: readonly Entry["kind"][]) =>
      sum((entry) => within(entry) && kinds.includes(entry.kind));
    const before = sum(({ of }) => of < from);
    return {
      ...{ before, charged: -kind("burst", "subscription"), credited: kind("credit") },
      ...{ corrected: kind("correction"), after: before + sum(within) },
    };
  }

  /** When balance and credit end at the rate of now; null: they do not, or not in these times. */
  fundsUntil(now: number): number | null {
    const burning = this.burning(now);
    if (burning === 0n) return null;
    const lasts = floor(whole((this.balance + this.credit) * BigInt(HOUR), burning));
    const until = BigInt(this.chargedUntil) + lasts;
    if (until >= NEVER) return null;
    return Math.max(now, Number(until));
  }

  /** Whether balance and credit hold an hour of the burst that there would be. */
  holds(now: number, more: Amounts): boolean {
    return !this.#prices.any || this.balance + this.credit >= this.burning(now, more);
  }

  /** Whether the balance holds the price, and what is left an hour of burst, with the credit. */
  holdsSubscription(resource: Priced, amount: bigint, period: Period, now: number): boolean {
    const price = this.#prices.subscription(resource, amount, period, now);
    if (price === null) return false;
    const covered = resource === "xfer" ? {} : { [resource]: amount };
    return price <= this.balance && this.balance - price + this.credit >= this.burning(now, {}, covered);
  }
}

/** What is used, and what subscriptions cover of it, in a part of a time. */
type UsedWithin = (from: number, to: number) => readonly [used: bigint, subscribed: bigint];

type Amount = { readonly amount: bigint; readonly from: number; readonly to: number };

/** Those that are of a part of that time. */
const within = <Each extends Amount>(all: readonly Each[], from: number, to: number) =>
  all.filter((each) => each.from < to && each.to > from);

/** From one change to the next of those that are of a part of that time. */
function usedOf(
  uses: readonly Amount[],
  covers: readonly Amount[],
  from: number,
  to: number,
): readonly [bigint, bigint] {
  if (uses.length === 0) return [0n, 0n];
  const edges = new Set([from, to]);
  for (const each of [...uses, ...covers])
    for (const edge of [each.from, each.to]) if (edge > from && edge < to) edges.add(edge);
  const times = [...edges].sort((one, other) => one - other);
  let [used, subscribed] = [0n, 0n];
  times.slice(1).forEach((end, index) => {
    const begin = times[index] ?? end;
    const amount = sumAt(uses, begin);
    const covered = sumAt(covers, begin);
    const seconds = BigInt(end - begin);
    used += amount * seconds;
    subscribed += least(covered, amount) * seconds;
  });
  return [used, subscribed];
}

/** The whole hour that a time is in. */
export const hourOf = (time: number): number => time - (time % HOUR);

const sumAt = (all: readonly Amount[], at: number) =>
  all.reduce((sum, { amount, from, to }) => (from <= at && at < to ? sum + amount : sum), 0n);
