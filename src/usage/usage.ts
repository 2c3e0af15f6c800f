/**
 * What an account used between two times (accounts: the caller's own account): whole days from the sums of days, what is
 * left of it at both ends from hours, and what is in no hour yet as it will be, by the same rules.
 */
import { measure } from "../billing/hour.ts";
import { priceListsFrom } from "../billing/prices.ts";
import { type Subscription, subscriptionsWithin } from "../billing/subscriptions.ts";
import { METERED } from "../metering/resources.ts";
import {
  DAY_S,
  HOUR_S,
  hourOf,
  readUsage,
  rolledUpUntil,
  sumsByResource,
  type Usage,
} from "../metering/roll-up.ts";
import { type Hours, spansOf } from "../metering/spans.ts";
import { transfersOf } from "../metering/transfers.ts";
import type { MeteredResource, RolledUp } from "../store/metering-tables.ts";
import { statement } from "../store/statement.ts";
import type { Tx } from "../store/store.ts";

/**
 * What was used of every resource, in their order, from the one time up to the other, or to now where that comes first.
 *
 * Errors: `failed`, a price list is damaged.
 */
export async function usageBetween(
  tx: Tx,
  user: string,
  { from, to }: Hours,
  now: number,
): Promise<readonly Usage[]> {
  const end = Math.min(to, now);
  const parts =
    from < end
      ? [
          ...(await rolledUp(tx, user, { from, to: end })),
          ...(await notRolledUp(tx, user, { from, to: end })),
        ]
      : [];
  const sums = sumsByResource(parts);
  return METERED.map((resource) => sums.get(resource) ?? noneOf(resource));
}

const noneOf = (resource: MeteredResource): Usage => ({
  ...{ resource, used: 0n, subscribed: 0n, burst: 0n, cost: 0n },
});

/** What is in hours: what of the last one comes after `to` is in it, too. */
async function rolledUp(tx: Tx, user: string, { from, to }: Hours): Promise<readonly Usage[]> {
  const firstDay = Math.min(Math.ceil(from / DAY_S) * DAY_S, to);
  const lastDay = Math.max(Math.floor(to / DAY_S) * DAY_S, firstDay);
  const parts = [
    await hoursOf(tx, { user, from, to: firstDay }),
    await daysOf(tx, { user, from: firstDay, to: lastDay }),
    await hoursOf(tx, { user, from: lastDay, to }),
  ];
  return parts.flatMap(({ rows }) => rows.map(readUsage));
}

type Params = { user: string; from: number; to: number };
type Row = RolledUp & { readonly resource: MeteredResource };

const COLUMNS = ["resource", "used", "subscribed", "burst", "cost"] as const;

const hoursOf = statement<Params, Row>((db, param) =>
  db
    .selectFrom("usage_hours")
    .select(COLUMNS)
    .where("user", "=", param("user"))
    .where("hour", ">=", param("from"))
    .where("hour", "<", param("to")),
);

const daysOf = statement<Params, Row>((db, param) =>
  db
    .selectFrom("usage_days")
    .select(COLUMNS)
    .where("user", "=", param("user"))
    .where("day", ">=", param("from"))
    .where("day", "<", param("to")),
);

/**
 * What is in no hour yet, hour by hour, each at its own prices. Bytes that were transferred before `from` are out of their
 * stores first.
 */
async function notRolledUp(tx: Tx, user: string, { from, to }: Hours): Promise<readonly Usage[]> {
  const until = (await rolledUpUntil(tx, user)) ?? 0;
  if (until >= to) return [];
  const transfers = await transfersOf(tx, user, to);
  const spans = await spansOf(tx, user, { from: Math.max(from, until), to });
  const begins = [...spans.values()].flat().map((span) => Math.max(span.begins, from, until));
  const first = hourOf(least([...begins, ...transfers.map(({ time }) => time)], to));
  const lists = await priceListsFrom(tx, first);
  let subscriptions = await subscriptionsWithin(tx, user, { from: first, to });
  const found: Usage[] = [];
  for (let hour = first; hour < to; hour += HOUR_S) {
    const part = { from: hour, to: Math.min(hour + HOUR_S, to) };
    const own = transfers.filter(({ time }) => time >= part.from && time < part.to);
    const list = lists.findLast((each) => each.from <= hour) ?? null;
    const { usages, taken } = measure(part, { spans, subscriptions, transfers: own, list });
    subscriptions = subscriptions.map((each) => afterTaking(each, taken));
    if (hour >= from) found.push(...usages);
  }
  return found;
}

const afterTaking = (subscription: Subscription, taken: ReadonlyMap<string, bigint>): Subscription => ({
  ...subscription,
  used: taken.get(subscription.uuid) ?? subscription.used,
});

/** The least of them, or of `most`. */
const least = (numbers: readonly number[], most: number) =>
  numbers.reduce((one, other) => Math.min(one, other), most);
