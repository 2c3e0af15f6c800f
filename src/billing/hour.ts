/**
 * An hour of accounts (accounts: prices): what each used is rolled up, what of that goes beyond its subscriptions is charged
 * at the prices of that hour, and bytes are taken out of their stores, all in one transaction, and once.
 */
import { excess, levels } from "../metering/levels.ts";
import { METERED } from "../metering/resources.ts";
import { HOUR_S, notRolledUp, recordHours, type Usage } from "../metering/roll-up.ts";
import { type Hours, type SpansByResource, spansOfAll } from "../metering/spans.ts";
import type { Tx } from "../store/store.ts";
import { appendAll, type Entry } from "./ledger.ts";
import { burstCost } from "./money.ts";
import type { PriceList } from "./prices.ts";
import { type Reading, takeOut } from "./stores.ts";
import { isPriced, type Subscription, stepsOf, subscriptionsWithin } from "./subscriptions.ts";

type Used = Omit<Usage, "cost">;

/** When it is charged, and by which prices: those in force in the hour, null for none. */
export type Charge = { readonly hour: number; readonly list: PriceList | null; readonly at: number };

/**
 * Charges the hour to each of the accounts that is not charged for it already. Errors: the store's; what one of them uses or
 * has is damaged: then nothing is charged to any.
 *
 * @param charge `hour` is when it begins
 */
export async function chargeHour(tx: Tx, users: readonly string[], charge: Charge): Promise<void> {
  const { hour, list, at } = charge;
  const due = await notRolledUp(tx, users, hour);
  const [to, time] = [hour + HOUR_S, { from: hour, to: hour + HOUR_S }];
  const readings = await readingsBefore(tx, due, to);
  // Bytes that were noted late are of the hours before.
  const from = [...readings.values()].flat().reduce((least, each) => Math.min(least, each.time), hour);
  const subscriptions = await subscriptionsWithin(tx, due, { from, to });
  const spans = await spansOfAll(tx, due, time);
  const usages = new Map<string, readonly Usage[]>();
  for (const user of due) {
    const own = subscriptions.get(user) ?? [];
    const used = levelsUsed(spans.get(user), own, time);
    const came = readings.get(user) ?? [];
    if (came.length > 0) used.push(await useTransfers(tx, own, came));
    used.sort((one, other) => METERED.indexOf(one.resource) - METERED.indexOf(other.resource));
    usages.set(
      user,
      used.map((each) => ({ ...each, cost: costOf(list, each) })),
    );
  }
  await recordHours(tx, hour, usages);
  const entries = [...usages].map(
    ([user, own]) => [user, own.flatMap((usage) => entryOf(list, usage, time))] as const,
  );
  await appendAll(tx, at, new Map(entries));
}

function levelsUsed(
  spans: SpansByResource | undefined,
  subscriptions: readonly Subscription[],
  { from, to }: Hours,
): Used[] {
  return [...(spans ?? [])].map(([resource, each]) => {
    const amounts = excess(levels(each, from, to), stepsOf(subscriptions, resource, from, to));
    return { resource, used: amounts.used, subscribed: amounts.covered, burst: amounts.excess };
  });
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

/** What the accounts transferred before that time and is in no hour yet, in the order of time. */
async function readingsBefore(
  tx: Tx,
  users: readonly string[],
  to: number,
): Promise<ReadonlyMap<string, readonly Reading[]>> {
  const found = new Map<string, Reading[]>();
  if (users.length === 0) return found;
  const rows = await tx
    .selectFrom("transfers")
    .select(["user", "time", "bytes"])
    .where("user", "in", users)
    .where("time", "<", to)
    .orderBy("time")
    .execute();
  for (const { user, time, bytes } of rows) {
    const reading = { time, bytes: BigInt(bytes) };
    const own = found.get(user);
    if (own === undefined) found.set(user, [reading]);
    else own.push(reading);
  }
  return found;
}

/** Takes bytes out of the account's stores. */
async function useTransfers(
  tx: Tx,
  subscriptions: readonly Subscription[],
  readings: readonly Reading[],
): Promise<Used> {
  const stores = subscriptions.filter(({ resource }) => resource === "xfer");
  const { transferred, covered, used } = takeOut(stores, readings);
  for (const [uuid, bytes] of used)
    await tx.updateTable("subscriptions").set({ used: bytes }).where("uuid", "=", uuid).execute();
  return { resource: "xfer", used: transferred, subscribed: covered, burst: transferred - covered };
}

/** What is left now of a store: bytes that are in no hour yet are out of it, too. */
export async function bytesLeft(tx: Tx, user: string, now: number): Promise<(store: Subscription) => bigint> {
  const readings = (await readingsBefore(tx, [user], now + 1)).get(user) ?? [];
  const from = Math.min(now, ...readings.map(({ time }) => time));
  const all = await subscriptionsWithin(tx, [user], { from, to: now + 1 });
  const { used } = takeOut(
    (all.get(user) ?? []).filter(({ resource }) => resource === "xfer"),
    readings,
  );
  return (store) => (store.to <= now ? 0n : store.amount - (used.get(store.uuid) ?? store.used));
}
