/**
 * An hour of an account (accounts: prices): what it used is rolled up, what of that goes beyond its subscriptions is charged
 * at the prices of that hour, and bytes are taken out of their stores, all in one transaction, and once.
 */
import { excess, levels } from "../metering/levels.ts";
import { METERED } from "../metering/resources.ts";
import { HOUR_S, recordHour, rolledUpUntil, type Usage } from "../metering/roll-up.ts";
import { spansOf } from "../metering/spans.ts";
import type { Tx } from "../store/store.ts";
import { appendEntries, type Entry } from "./ledger.ts";
import { burstCost } from "./money.ts";
import type { PriceList } from "./prices.ts";
import { type Reading, takeOut } from "./stores.ts";
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
  const used: Used[] = [];
  for (const [resource, spans] of await spansOf(tx, user, { from: hour, to })) {
    const covering = stepsOf(subscriptions, resource, hour, to);
    const amounts = excess(levels(spans, hour, to), covering);
    used.push({ resource, used: amounts.used, subscribed: amounts.covered, burst: amounts.excess });
  }
  if (readings.length > 0) used.push(await useTransfers(tx, subscriptions, readings));
  used.sort((one, other) => METERED.indexOf(one.resource) - METERED.indexOf(other.resource));
  const usages = used.map((each) => ({ ...each, cost: costOf(list, each) }));
  await recordHour(tx, user, hour, usages);
  await appendEntries(
    tx,
    user,
    at,
    usages.flatMap((usage) => entryOf(list, usage, { from: hour, to })),
  );
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
async function readingsBefore(tx: Tx, user: string, to: number): Promise<readonly Reading[]> {
  const rows = await tx
    .selectFrom("transfers")
    .select(["time", "bytes"])
    .where("user", "=", user)
    .where("time", "<", to)
    .orderBy("time")
    .execute();
  return rows.map(({ time, bytes }) => ({ time, bytes: BigInt(bytes) }));
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
  const readings = await readingsBefore(tx, user, now + 1);
  const from = Math.min(now, ...readings.map(({ time }) => time));
  const all = await subscriptionsWithin(tx, user, { from, to: now + 1 });
  const { used } = takeOut(
    all.filter(({ resource }) => resource === "xfer"),
    readings,
  );
  return (store) => (store.to <= now ? 0n : store.amount - (used.get(store.uuid) ?? store.used));
}
