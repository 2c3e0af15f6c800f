/**
 * What an account used between two times (accounts: the caller's own account): whole days from the sums of days, what is
 * left of it at both ends from hours, and what is in no hour yet as it will be, by the same rules.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { DAY_S, HOUR_S } from "../base/durations.ts";
import { usage } from "../base/errors.ts";
import { measure } from "../billing/hour.ts";
import { priceListsFrom } from "../billing/prices.ts";
import { type Subscription, subscriptionsWithin } from "../billing/subscriptions.ts";
import { addUp, crowdedOf, withOthers } from "../metering/crowded.ts";
import { hoursKeptFrom } from "../metering/prune.ts";
import { METERED } from "../metering/resources.ts";
import { hourOf, readUsage, rolledUpUntil, sumsByResource, type Usage } from "../metering/roll-up.ts";
import { type Hours, type SpansByResource, spansOf } from "../metering/spans.ts";
import { transfersOf } from "../metering/transfers.ts";
import type { MeteredResource, RolledUp } from "../store/metering-tables.ts";
import { statement } from "../store/statement.ts";
import type { Store, Tx } from "../store/store.ts";

/** How often spans of an account are added up anew that others have come to meanwhile. */
const TRIES = 3;

/**
 * What was used of every resource, in their order, from the one time up to the other, or to now where that comes first.
 *
 * Errors: `usage`, one of the times is within a day of which hours are not kept any more; `failed`, a price list is damaged.
 */
export async function usageBetween(
  store: Store,
  user: string,
  { from, to }: Hours,
  now: number,
): Promise<readonly Usage[]> {
  const hours = { from, to: Math.min(to, now) };
  if (from >= hours.to) return METERED.map(noneOf);
  ensureKept(hours, now);
  for (let tries = 1; ; tries++) {
    const found = await store.snapshot(async (tx) => {
      const rest = await restOf(tx, user, hours);
      // Of who ends so much that the sum is never of all, all is read at once.
      const isCrowded = rest !== null && tries <= TRIES && (await crowdedOf(tx, [user], rest)).length > 0;
      return isCrowded ? rest : wholeOf(tx, user, hours, rest && (await spansOf(tx, user, rest)));
    });
    if (!("from" in found)) return found;
    const addedUp = await addUp(store, user, found);
    const whole = await store.snapshot(async (tx) => {
      const spans = isSame(found, await restOf(tx, user, hours)) ? await withOthers(tx, addedUp) : null;
      return spans === null ? null : wholeOf(tx, user, hours, spans);
    });
    if (whole !== null) return whole;
  }
}

/** Errors: `usage`. */
function ensureKept({ from, to }: Hours, now: number): void {
  const kept = hoursKeptFrom(now);
  if ([from, to].every((time) => time >= kept || time % DAY_S === 0)) return;
  throw usage(
    "malformed_parameter",
    `FROM and TO before ${kept} are whole days (UTC): of those days the hours are not kept any more`,
  );
}

/** What of the hours is in none that is rolled up; null where all is. */
async function restOf(tx: Tx, user: string, { from, to }: Hours): Promise<Hours | null> {
  const until = (await rolledUpUntil(tx, user)) ?? 0;
  return until >= to ? null : { from: Math.max(from, until), to };
}

const isSame = (one: Hours, other: Hours | null) => one.from === other?.from && one.to === other.to;

/** @param spans of what is in no hour yet; null where nothing is */
async function wholeOf(
  tx: Tx,
  user: string,
  hours: Hours,
  spans: SpansByResource | null,
): Promise<readonly Usage[]> {
  const rest = spans === null ? [] : await notRolledUp(tx, user, hours, spans);
  const sums = sumsByResource([...(await rolledUp(tx, user, hours)), ...rest]);
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
async function notRolledUp(
  tx: Tx,
  user: string,
  { from, to }: Hours,
  spans: SpansByResource,
): Promise<readonly Usage[]> {
  const until = (await rolledUpUntil(tx, user)) ?? 0;
  const transfers = await transfersOf(tx, user, to);
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
    await nextTurn();
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
