/**
 * An hour of accounts (accounts: prices): what each used is rolled up, what of that goes beyond its subscriptions is charged
 * at the prices of that hour, and bytes are taken out of their stores, all in one transaction, and once.
 */
import { HOUR_S } from "../base/durations.ts";
import { type AddedUp, withOthers } from "../metering/crowded.ts";
import { excess, levels, type Span } from "../metering/levels.ts";
import { type Level, METERED } from "../metering/resources.ts";
import { notRolledUp, recordHours, type Usage } from "../metering/roll-up.ts";
import { type Hours, spansOfAll } from "../metering/spans.ts";
import { type Transfer, transfersOf, transfersOfAll } from "../metering/transfers.ts";
import type { Tx } from "../store/store.ts";
import { appendAll, type Entry } from "./ledger.ts";
import { burstCost, isPriced } from "./money.ts";
import type { PriceList } from "./prices.ts";
import { type Taken, takeOut } from "./stores.ts";
import { type Subscription, stepsOf, subscriptionsOfAll, subscriptionsWithin } from "./subscriptions.ts";

type Used = Omit<Usage, "cost">;

/** When it is charged, and by which prices: those in force in the hour, null for none. */
export type Charge = {
  readonly hour: number;
  readonly list: PriceList | null;
  readonly at: number;
  /** Of an account whose spans are many: those that ended in the hour. It is charged alone then. */
  readonly addedUp?: AddedUp | undefined;
};

/**
 * Charges the hour to each of the accounts that is not charged for it already. Errors: the store's; what one of them uses or
 * has is damaged: then nothing is charged to any.
 *
 * @param charge `hour` is when it begins
 */
export async function chargeHour(tx: Tx, users: readonly string[], charge: Charge): Promise<void> {
  const { hour, list, at, addedUp } = charge;
  const due = await notRolledUp(tx, users, hour);
  const [to, time] = [hour + HOUR_S, { from: hour, to: hour + HOUR_S }];
  const transfers = await transfersOfAll(tx, due, to);
  // Bytes that were noted late are of the hours before.
  const from = [...transfers.values()].flat().reduce((least, each) => Math.min(least, each.time), hour);
  const subscriptions = await subscriptionsOfAll(tx, due, { from, to });
  const spans =
    addedUp === undefined
      ? await spansOfAll(tx, due, time)
      : new Map([[addedUp.user, await wholeOf(tx, addedUp)]]);
  const usages = new Map<string, readonly Usage[]>();
  for (const user of due) {
    const measured = measure(time, {
      ...{ spans: spans.get(user) ?? new Map(), subscriptions: subscriptions.get(user) ?? [] },
      ...{ transfers: transfers.get(user) ?? [], list },
    });
    usages.set(user, measured.usages);
    for (const [uuid, bytes] of measured.taken)
      await tx.updateTable("subscriptions").set({ used: bytes }).where("uuid", "=", uuid).execute();
  }
  await recordHours(tx, hour, usages);
  const entries = [...usages].map(
    ([user, own]) => [user, own.flatMap((usage) => entryOf(list, usage, time))] as const,
  );
  await appendAll(tx, at, new Map(entries));
}

/** Errors: a span has ended since they were added up. */
async function wholeOf(tx: Tx, addedUp: AddedUp) {
  const spans = await withOthers(tx, addedUp);
  if (spans === null) throw new Error("use ended in an hour as it was charged");
  return spans;
}

/** What there is of an account in an hour, or in a part of one. */
export type Measured = {
  readonly spans: ReadonlyMap<Level, readonly Span[]>;
  readonly subscriptions: readonly Subscription[];
  /** What it transferred that is in no hour yet. */
  readonly transfers: readonly Transfer[];
  readonly list: PriceList | null;
};

/** What was used of each resource of which anything was, and how much of which stores of bytes is used up then. Pure. */
export function measure(
  { from, to }: Hours,
  { spans, subscriptions, transfers, list }: Measured,
): { readonly usages: readonly Usage[]; readonly taken: Taken["used"] } {
  const all: Used[] = [];
  for (const [resource, own] of spans) {
    const amounts = excess(levels(own, from, to), stepsOf(subscriptions, resource, from, to));
    all.push({ resource, used: amounts.used, subscribed: amounts.covered, burst: amounts.excess });
  }
  const stores = subscriptions.filter(({ resource }) => resource === "xfer");
  const { transferred, covered, used: taken } = takeOut(stores, transfers);
  const burst = transferred - covered;
  if (transfers.length > 0) all.push({ resource: "xfer", used: transferred, subscribed: covered, burst });
  all.sort((one, other) => METERED.indexOf(one.resource) - METERED.indexOf(other.resource));
  return { usages: all.map((each) => ({ ...each, cost: costOf(list, each) })), taken };
}

function costOf(list: PriceList | null, { resource, burst }: Used): bigint {
  const price = isPriced(resource) ? list?.prices[resource] : undefined;
  return price === undefined || !isPriced(resource) ? 0n : burstCost(resource, burst, price.burst);
}

/** One entry of burst that has a price, even where that is nothing; none of an hour without. */
function entryOf(list: PriceList | null, { resource, burst, cost }: Usage, hour: Hours): readonly Entry[] {
  if (burst === 0n || !isPriced(resource) || list?.prices[resource] === undefined) return [];
  return [
    { kind: "burst", amount: -cost, resource, ...hour, text: `use of ${resource} beyond subscriptions` },
  ];
}

/** What is left now of a store: bytes that are in no hour yet are out of it, too. */
export async function bytesLeft(tx: Tx, user: string, now: number): Promise<(store: Subscription) => bigint> {
  const transfers = await transfersOf(tx, user, now + 1);
  const from = Math.min(now, ...transfers.map(({ time }) => time));
  const all = await subscriptionsWithin(tx, user, { from, to: now + 1 });
  const { used } = takeOut(
    all.filter(({ resource }) => resource === "xfer"),
    transfers,
  );
  return (store) => (store.to <= now ? 0n : store.amount - (used.get(store.uuid) ?? store.used));
}
