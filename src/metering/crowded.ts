/**
 * Accounts of which so many spans ended in a stretch of time that to read them at once would keep everybody waiting. They
 * are read a few at a time, each few in a snapshot of their own, and added up by the second. A span that has ended does not
 * change any more, so how many there are tells whether the sum is of all.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { sql } from "kysely";
import { statementOfValues } from "../store/statement.ts";
import type { Store, Tx } from "../store/store.ts";
import { LevelSum, type Span } from "./levels.ts";
import type { Level } from "./resources.ts";
import { type Hours, type SpansByResource, spansOf } from "./spans.ts";

/** How many spans are read at once. */
export const FEW = 1_000;

/** What the spans that ended within a stretch of time come to. */
export type AddedUp = {
  readonly user: string;
  readonly within: Hours;
  /** How many they are. */
  readonly count: number;
  /** As few spans that come to the same. */
  readonly spans: SpansByResource;
};

/** Those of the accounts of which more than a few spans ended after `from` and by `to`. */
export async function crowdedOf(
  tx: Tx,
  users: readonly string[],
  { from, to }: Hours,
): Promise<readonly string[]> {
  if (users.length === 0) return [];
  const { rows } = await crowded(tx, users, { from, to });
  return rows.map(({ uuid }) => uuid);
}

const crowded = statementOfValues<Hours, { uuid: string }>((db, users, param) =>
  db
    .selectFrom("users")
    .select("uuid")
    .where("uuid", "in", users)
    .where(
      ({ selectFrom }) =>
        selectFrom("spans")
          .select("serial")
          .whereRef("spans.user", "=", "users.uuid")
          .where("ends", ">", param("from"))
          .where("ends", "<=", param("to"))
          .orderBy("ends")
          .limit(1)
          .offset(sql.lit(FEW)),
      "is not",
      null,
    ),
);

/** Adds up the spans of an account that ended after `from` and by `to`. */
export async function addUp(store: Store, user: string, within: Hours): Promise<AddedUp> {
  const sums = new Map<Level, LevelSum>();
  let count = 0;
  for (let after = { ends: within.from, serial: Number.MAX_SAFE_INTEGER }; ; await nextTurn()) {
    const rows = await store.snapshot((tx) => endedAfter(tx, user, after, within.to));
    for (const { resource, ...span } of rows) {
      const sum = sums.get(resource) ?? new LevelSum(within.from, within.to);
      sums.set(resource, sum);
      sum.add(span);
    }
    count += rows.length;
    const last = rows.at(-1);
    if (last === undefined || rows.length < FEW) break;
    after = last;
  }
  const spans = new Map<Level, readonly Span[]>();
  for (const [resource, sum] of sums) {
    await nextTurn();
    spans.set(
      resource,
      sum.steps().map(({ amount, from, to }) => ({ amount, begins: from, ends: to })),
    );
  }
  return { user, within, count, spans };
}

/** A few spans that ended after that one, in the order of their ends. */
const endedAfter = (tx: Tx, user: string, { ends, serial }: { ends: number; serial: number }, to: number) =>
  tx
    .selectFrom("spans")
    .select(["serial", "resource", "amount", "begins"])
    .select((row) => row.ref("ends").$notNull().as("ends"))
    .where("user", "=", user)
    .where("ends", ">=", ends)
    .where("ends", "<=", to)
    .where(({ or, eb }) => or([eb("ends", ">", ends), eb("serial", ">", serial)]))
    .orderBy("ends")
    .orderBy("serial")
    .limit(FEW)
    .execute();

/**
 * The account's spans that are of a time within that stretch: those that were added up, and all others. Null where another
 * one has ended in it since: then they are to be added up anew.
 */
export async function withOthers(
  tx: Tx,
  { user, within, count, spans }: AddedUp,
): Promise<SpansByResource | null> {
  const { from, to } = within;
  const row = await tx
    .selectFrom("spans")
    .select((of) => of.fn.countAll().as("count"))
    .where("user", "=", user)
    .where("ends", ">", from)
    .where("ends", "<=", to)
    .executeTakeFirstOrThrow();
  if (Number(row.count) !== count) return null;
  await nextTurn();
  const all = new Map(spans);
  for (const [resource, others] of await spansOf(tx, user, within, to))
    all.set(resource, [...(all.get(resource) ?? []), ...others]);
  return all;
}
