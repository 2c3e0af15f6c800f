/**
 * Rolling use up: what was used in an hour is added up once, in one transaction with whatever is charged for it, and does not
 * change any more. Days are sums of hours.
 */
import { DAY_S, HOUR_S } from "../base/durations.ts";
import type { MeteredResource, RolledUp } from "../store/metering-tables.ts";
import { statement, statementOfMany, statementOfValues } from "../store/statement.ts";
import type { Tx } from "../store/store.ts";

/** The begin of the hour, and of the day (UTC), that a time is in. */
export const hourOf = (time: number): number => time - (time % HOUR_S);
export const dayOf = (time: number): number => time - (time % DAY_S);

/** What was used of a resource, in unit-seconds (of `xfer`: bytes), and what it cost in the smallest unit of money. */
export type Usage = {
  readonly resource: MeteredResource;
  readonly used: bigint;
  readonly subscribed: bigint;
  readonly burst: bigint;
  readonly cost: bigint;
};

/** Until when the account is rolled up; null where it never was. */
export async function rolledUpUntil(tx: Tx, user: string): Promise<number | null> {
  const row = await tx.selectFrom("meters").select("until").where("user", "=", user).executeTakeFirst();
  return row?.until ?? null;
}

/** Accounts of those that are not rolled up beyond `hour` yet, in their order. */
export async function notRolledUp(
  tx: Tx,
  users: readonly string[],
  hour: number,
): Promise<readonly string[]> {
  if (users.length === 0) return [];
  const { rows } = await rolledUpBeyond(tx, users, { hour });
  const done = new Set(rows.map(({ user }) => user));
  return users.filter((user) => !done.has(user));
}

const rolledUpBeyond = statementOfValues<{ hour: number }, Of>((db, users, param) =>
  db.selectFrom("meters").select("user").where("user", "in", users).where("until", ">", param("hour")),
);

/** An account. */
type Of = { readonly user: string };

/** What accounts used, by their uuids. */
export type UsageOfAll = ReadonlyMap<string, readonly Usage[]>;

/** Records what an account used in an hour, as `recordHours` does. */
export const recordHour = (tx: Tx, user: string, hour: number, usages: readonly Usage[]): Promise<void> =>
  recordHours(tx, hour, new Map([[user, usages]]));

/**
 * Records what accounts used in the hour that begins at `hour`, of what they used at all; what they transferred by then is
 * in that, and goes. Errors: the store's, where the hour is rolled up already.
 */
export async function recordHours(tx: Tx, hour: number, usages: UsageOfAll): Promise<void> {
  const [until, users] = [hour + HOUR_S, [...usages.keys()]];
  if (users.length === 0) return;
  const rows = [...usages].flatMap(([user, each]) =>
    each.filter(({ used, subscribed }) => used > 0n || subscribed > 0n).map((usage) => ({ user, usage })),
  );
  if (rows.length > 0) {
    await addHours(
      tx,
      rows.map(({ user, usage }) => ({ user, resource: usage.resource, ...textsOf(usage) })),
      { hour },
    );
    await addToDay(tx, dayOf(hour), rows);
  }
  await setRolledUp(tx, users, { until });
  await forgetTransfers(tx, users, { until });
}

type Row = Of & RolledUp & { readonly resource: MeteredResource };

const addHours = statementOfMany<Row, { hour: number }, unknown>((db, rows, param) =>
  db.insertInto("usage_hours").values(rows.map((row) => ({ ...row, hour: param("hour") }))),
);

const setRolledUp = statementOfValues<{ until: number }, unknown>((db, users, param) =>
  db
    .insertInto("meters")
    .values(users.map((user) => ({ user, until: param("until") })))
    .onConflict((conflict) => conflict.column("user").doUpdateSet({ until: param("until") })),
);

const forgetTransfers = statementOfValues<{ until: number }, unknown>((db, users, param) =>
  db.deleteFrom("transfers").where("user", "in", users).where("time", "<", param("until")),
);

type Rows = readonly { readonly user: string; readonly usage: Usage }[];

async function addToDay(tx: Tx, day: number, rows: Rows): Promise<void> {
  const users = [...new Set(rows.map(({ user }) => user))];
  const before = await usageOfDay(tx, users, { day });
  const known = new Map(before.rows.map((row) => [`${row.user} ${row.resource}`, row]));
  const sums = rows.map(({ user, usage }) => {
    const row = known.get(`${user} ${usage.resource}`);
    const sum = row === undefined ? usage : sumOf(usage, readUsage(row));
    return { user, resource: usage.resource, ...textsOf(sum) };
  });
  await setDay(tx, sums, { day });
}

const usageOfDay = statementOfValues<{ day: number }, Row>((db, users, param) =>
  db
    .selectFrom("usage_days")
    .select(["user", "resource", "used", "subscribed", "burst", "cost"])
    .where("user", "in", users)
    .where("day", "=", param("day")),
);

const setDay = statementOfMany<Row, { day: number }, unknown>((db, rows, param) =>
  db
    .insertInto("usage_days")
    .values(rows.map((row) => ({ ...row, day: param("day") })))
    .onConflict((conflict) =>
      conflict.columns(["user", "day", "resource"]).doUpdateSet((row) => ({
        used: row.ref("excluded.used"),
        subscribed: row.ref("excluded.subscribed"),
        burst: row.ref("excluded.burst"),
        cost: row.ref("excluded.cost"),
      })),
    ),
);

/** What a row says. */
export const readUsage = ({
  resource,
  used,
  subscribed,
  burst,
  cost,
}: RolledUp & { readonly resource: MeteredResource }): Usage => ({
  resource,
  used: BigInt(used),
  subscribed: BigInt(subscribed),
  burst: BigInt(burst),
  cost: BigInt(cost),
});

const textsOf = ({ used, subscribed, burst, cost }: Usage): RolledUp => ({
  used: String(used),
  subscribed: String(subscribed),
  burst: String(burst),
  cost: String(cost),
});

/** Both together, of one resource. */
const sumOf = (one: Usage, other: Usage): Usage => ({
  resource: one.resource,
  used: one.used + other.used,
  subscribed: one.subscribed + other.subscribed,
  burst: one.burst + other.burst,
  cost: one.cost + other.cost,
});

/** What all of them come to, by resource. */
export function sumsByResource(usages: Iterable<Usage>): Map<MeteredResource, Usage> {
  const sums = new Map<MeteredResource, Usage>();
  for (const usage of usages) {
    const before = sums.get(usage.resource);
    sums.set(usage.resource, before === undefined ? usage : sumOf(before, usage));
  }
  return sums;
}

/**
 * Accounts that used something between `from` and `to`, by their spans and transfers: up to `most` of those whose uuids come
 * after `after`, in their order.
 */
export async function accountsInUse(
  tx: Tx,
  { from, to }: { readonly from: number; readonly to: number },
  after: string,
  most: number,
): Promise<readonly string[]> {
  const { rows } = await inUse(tx, { from, to, after, most });
  return rows.map(({ uuid }) => uuid);
}

type InUse = { from: number; to: number; after: string; most: number };

const inUse = statement<InUse, { uuid: string }>((db, param) =>
  db
    .selectFrom("users")
    .select("uuid")
    .where("uuid", ">", param("after"))
    .where(({ or, exists, selectFrom }) => {
      const spans = () =>
        selectFrom("spans")
          .select("serial")
          .whereRef("spans.user", "=", "users.uuid")
          .where("begins", "<", param("to"));
      const transfers = selectFrom("transfers")
        .select("time")
        .whereRef("transfers.user", "=", "users.uuid")
        .where("time", ">=", param("from"))
        .where("time", "<", param("to"));
      const [open, ended] = [spans().where("ends", "is", null), spans().where("ends", ">", param("from"))];
      return or([exists(open), exists(ended), exists(transfers)]);
    })
    .orderBy("uuid")
    .limit(param("most")),
);

/** When anybody used something for the first time from `from` on: null where nobody does. */
export async function firstUseFrom(tx: Tx, from: number): Promise<number | null> {
  const spans = tx.selectFrom("spans").select((row) => row.fn.min("begins").as("first"));
  const firsts = await Promise.all([
    spans.where("ends", "is", null).executeTakeFirst(),
    spans.where("ends", ">", from).executeTakeFirst(),
    tx
      .selectFrom("transfers")
      .select((row) => row.fn.min("time").as("first"))
      .where("time", ">=", from)
      .executeTakeFirst(),
  ]);
  const times = firsts.flatMap((row) => (row?.first == null ? [] : [Math.max(from, Number(row.first))]));
  return times.length === 0 ? null : Math.min(...times);
}
