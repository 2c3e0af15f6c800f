/**
 * An hour of an account (accounts: prices): what it used is rolled up, what of that goes beyond its subscriptions is charged
 * at the prices of that hour, and bytes are taken out of their stores, all in one transaction, and once.
 */
import { excess, levels, type Span } from "../metering/levels.ts";
import { type Level, METERED } from "../metering/resources.ts";
import { HOUR_S, recordHour, rolledUpUntil, type Usage } from "../metering/roll-up.ts";
import { type Hours, spansOf } from "../metering/spans.ts";
import type { Tx } from "../store/store.ts";
import { appendEntries, type Entry } from "./ledger.ts";
import { burstCost } from "./money.ts";
import type { PriceList } from "./prices.ts";
import { type Reading, type Taken, takeOut } from "./stores.ts";
import { isPriced, type Subscription, stepsOf, subscriptionsWithin } from "./subscriptions.ts";

type Used = Omit<Usage, "cost">;

/** When it is charged, and by which prices: those in force in the hour, null for none. */
export type Charge = { readonly hour: number; readonly list: PriceList | null; readonly at: number };

/**
 * Does nothing where the account is charged for that hour already. Errors: the store's; what it uses or has is damaged.
 *
 * @param charge `hour` is when it begins
 */
export async function chargeHour(tx: Tx, user: string, charge: Charge): Promise<void> {
  const { hour, list, at } = charge;
  if (((await rolledUpUntil(tx, user)) ?? 0) > hour) return;
  const to = hour + HOUR_S;
  const readings = await readingsBefore(tx, user, to);
  // Bytes that were noted late are of the hours before.
  const from = Math.min(hour, ...readings.map(({ time }) => time));
  const subscriptions = await subscriptionsWithin(tx, user, { from, to });
  const spans = await spansOf(tx, user, { from: hour, to });
  const { usages, taken } = measure({ from: hour, to }, { spans, subscriptions, readings, list });
  for (const [uuid, bytes] of taken)
    await tx.updateTable("subscriptions").set({ used: bytes }).where("uuid", "=", uuid).execute();
  await recordHour(tx, user, hour, usages);
  await appendEntries(
    tx,
    user,
    at,
    usages.flatMap((usage) => entryOf(list, usage, { from: hour, to })),
  );
}

/** What there is of an account in an hour, or in a part of one. */
export type Measured = {
  readonly spans: ReadonlyMap<Level, readonly Span[]>;
  readonly subscriptions: readonly Subscription[];
  /** What it transferred that is in no hour yet. */
  readonly readings: readonly Reading[];
  readonly list: PriceList | null;
};

/** What was used of each resource of which anything was, and how much of which stores of bytes is used up then. Pure. */
export function measure(
  { from, to }: Hours,
  { spans, subscriptions, readings, list }: Measured,
): { readonly usages: readonly Usage[]; readonly taken: Taken["used"] } {
  const all: Used[] = [];
  for (const [resource, own] of spans) {
    const amounts = excess(levels(own, from, to), stepsOf(subscriptions, resource, from, to));
    all.push({ resource, used: amounts.used, subscribed: amounts.covered, burst: amounts.excess });
  }
  const stores = subscriptions.filter(({ resource }) => resource === "xfer");
  const { transferred, covered, used: taken } = takeOut(stores, readings);
  const burst = transferred - covered;
  if (readings.length > 0) all.push({ resource: "xfer", used: transferred, subscribed: covered, burst });
  all.sort((one, other) => METERED.indexOf(one.resource) - METERED.indexOf(other.resource));
  return { usages: all.map((each) => ({ ...each, cost: costOf(list, each) })), taken };
}

function costOf(list: PriceList | null, { resource, burst }: Used): bigint {
  const price = isPriced(resource) ? list?.prices[resource] : undefined;
  return price === undefined || !isPriced(resource) ? 0n : burstCost(resource, burst, price.burst);
}

/** One entry of burst that has a price, even where that is nothing; none of an hour without. */
function entryOf(
  list: PriceList | null,
  { resource, burst, cost }: Usage,
  hour: { readonly from: number; readonly to: number },
): readonly Entry[] {
  if (burst === 0n || !isPriced(resource) || list?.prices[resource] === undefined) return [];
  return [
    { kind: "burst", amount: -cost, resource, ...hour, text: `use of ${resource} beyond subscriptions` },
  ];
}

/** What was transferred before that time and is in no hour yet. */
export async function readingsBefore(tx: Tx, user: string, to: number): Promise<readonly Reading[]> {
  const rows = await tx
    .selectFrom("transfers")
    .select(["time", "bytes"])
    .where("user", "=", user)
    .where("time", "<", to)
    .orderBy("time")
    .execute();
  return rows.map(({ time, bytes }) => ({ time, bytes: BigInt(bytes) }));
}

/** What is left now of a store: bytes that are in no hour yet are out of it, too. */
export async function bytesLeft(tx: Tx, user: string, now: number): Promise<(store: Subscription) => bigint> {
  const readings = await readingsBefore(tx, user, now + 1);
  const from = Math.min(now, ...readings.map(({ time }) => time));
  const all = await subscriptionsWithin(tx, user, { from, to: now + 1 });
  const { used } = takeOut(
    all.filter(({ resource }) => resource === "xfer"),
    readings,
  );
  return (store) => (store.to <= now ? 0n : store.amount - (used.get(store.uuid) ?? store.used));
}
