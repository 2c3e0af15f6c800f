/**
 * Spans of use (accounts: what is counted): each begins and ends in the very transaction that changes what it is of, so that
 * a crash leaves neither a hole nor a second span. Times are accounting time (`Clock`).
 *
 * `cpu` and `mem` of a server go from the record that it runs to the record of its end; `disk` and `drives` from the record
 * that a drive is made to that of its destruction; `servers`, `ip` and `vlan` for as long as their owner sees the object.
 */
import { type Kysely, sql } from "kysely";
import { statement, statementOfValues } from "../store/statement.ts";
import type { QueryParams, Tx } from "../store/store.ts";
import type { Tables } from "../store/tables.ts";
import type { Span } from "./levels.ts";
import type { Level } from "./resources.ts";

/** What is used, by whom: an amount in the resource's unit. */
export type Use = {
  readonly user: string;
  readonly resource: Level;
  /** The uuid or address of what is used. */
  readonly object: string;
  readonly amount: number;
};

/**
 * Begins the object's use of the resource. One that is open still, whose object somebody took out of the store by hand, was
 * no use: this one takes its place, and keeps nobody from having the object.
 */
export async function beginUse(tx: Tx, use: Use, at: number): Promise<void> {
  await begin(tx, { ...use, begins: at });
}

const begin = statement<Use & { begins: number }, unknown>((db, param) =>
  db
    .insertInto("spans")
    .values({
      ...{ user: param("user"), resource: param("resource"), object: param("object") },
      ...{ amount: param("amount"), begins: param("begins") },
    })
    .onConflict((conflict) =>
      conflict
        .columns(["object", "resource"])
        .where("ends", "is", null)
        .doUpdateSet((row) => ({
          user: row.ref("excluded.user"),
          amount: row.ref("excluded.amount"),
          begins: row.ref("excluded.begins"),
        })),
    ),
);

/** Ends the use of the one amount and begins that of the other; does nothing where it is the same, or none is open. */
export async function changeUse(
  tx: Tx,
  { object, resource, amount }: Omit<Use, "user">,
  at: number,
): Promise<void> {
  const { rows } = await open(tx, { object, resource });
  const [before] = rows;
  if (before === undefined || before.amount === amount) return;
  await endUse(tx, object, at, [resource]);
  // It begins where the other one ended, so that neither is there twice or missing.
  const begins = Math.max(at, before.begins);
  await begin(tx, { user: before.user, resource, object, amount, begins });
}

type Open = { readonly user: string; readonly amount: number; readonly begins: number };

const open = statement<{ object: string; resource: Level }, Open>((db, param) =>
  db
    .selectFrom("spans")
    .select(["user", "amount", "begins"])
    .where("object", "=", param("object"))
    .where("resource", "=", param("resource"))
    .where("ends", "is", null),
);

/** When the object's use of the resource began that is open; null where none is. */
export async function useBegins(tx: Tx, object: string, resource: Level): Promise<number | null> {
  const { rows } = await open(tx, { object, resource });
  return rows[0]?.begins ?? null;
}

/**
 * Ends the object's use: of all resources, or of these. Never before it began, nor before what is rolled up already, which
 * does not change any more. Does nothing where none is open.
 */
export async function endUse(
  tx: Tx,
  object: string,
  at: number,
  resources?: readonly Level[],
): Promise<void> {
  if (resources === undefined) await endAll(tx, { object, at });
  else for (const resource of resources) await endOne(tx, { object, at, resource });
}

/** `at`, or until when the span's account is rolled up, where that is later. */
const notRolledUp = (at: number) => sql<number>`coalesce(
  (select case when until > ${at} then until else ${at} end from meters where meters."user" = spans."user"), ${at}
)`;

const closing = <Params extends { at: number; object: string }>(
  db: Kysely<Tables>,
  param: <Name extends keyof Params>(name: Name) => Params[Name],
) => {
  const end = notRolledUp(param("at"));
  return db
    .updateTable("spans")
    .set({ ends: sql<number>`case when begins > ${end} then begins else ${end} end` })
    .where("object", "=", param("object"))
    .where("ends", "is", null);
};

const endAll = statement<{ object: string; at: number }, unknown>((db, param) => closing(db, param));

const endOne = statement<{ object: string; at: number; resource: Level }, unknown>((db, param) =>
  closing(db, param).where("resource", "=", param("resource")),
);

/** An account's spans by resource. */
export type SpansByResource = ReadonlyMap<Level, readonly Span[]>;

/**
 * The account's spans that are of a time between `from` and `to`, by resource.
 *
 * @param endsAfter those that ended by then are left out
 */
export const spansOf = async (
  tx: Tx,
  user: string,
  hours: Hours,
  endsAfter = hours.from,
): Promise<SpansByResource> => (await spansOfAll(tx, [user], hours, endsAfter)).get(user) ?? new Map();

/** The same of several accounts, by few statements; those without any are left out. */
export async function spansOfAll(
  tx: Tx,
  users: readonly string[],
  { from, to }: Hours,
  endsAfter = from,
): Promise<ReadonlyMap<string, SpansByResource>> {
  const found = new Map<string, Map<Level, Span[]>>();
  if (users.length === 0) return found;
  const parts = [await openBefore(tx, users, { to }), await endedAfter(tx, users, { to, endsAfter })];
  for (const { rows } of parts) {
    for (const { user, resource, ...span } of rows) {
      const own = found.get(user) ?? new Map<Level, Span[]>();
      found.set(user, own);
      const spans = own.get(resource);
      if (spans === undefined) own.set(resource, [span]);
      else spans.push(span);
    }
  }
  return found;
}

type Of = { readonly user: string };
type SpanRow = Span & Of & { readonly resource: Level };

const begun = (db: Kysely<Tables>, users: readonly string[], to: number) =>
  db
    .selectFrom("spans")
    .select(["user", "resource", "amount", "begins", "ends"])
    .where("user", "in", users)
    .where("begins", "<", to);

const openBefore = statementOfValues<{ to: number }, SpanRow>((db, users, param) =>
  begun(db, users, param("to")).where("ends", "is", null),
);

const endedAfter = statementOfValues<{ to: number; endsAfter: number }, SpanRow>((db, users, param) =>
  begun(db, users, param("to")).where("ends", ">", param("endsAfter")),
);

/** From the one second up to the other; where hours are meant, both begin one. */
export type Hours = { readonly from: number; readonly to: number };

/** How much of each resource the account uses now. */
export async function openLevels(tx: Tx, user: string): Promise<ReadonlyMap<Level, bigint>> {
  const { rows } = await sums(tx, { user });
  return new Map(rows.map(({ resource, amount }) => [resource, BigInt(amount)]));
}

/** The same of several accounts, by one statement; those that use nothing are left out. */
export async function openLevelsOfAll(
  tx: Tx,
  users: readonly string[],
): Promise<ReadonlyMap<string, ReadonlyMap<Level, bigint>>> {
  if (users.length === 0) return new Map();
  const { rows } = await sumsOfAll(tx, users, {});
  const byUser = Map.groupBy(rows, ({ user }) => user);
  return new Map(
    [...byUser].map(([user, own]) => [
      user,
      new Map(own.map(({ resource, amount }) => [resource, BigInt(amount)])),
    ]),
  );
}

const sumsOfAll = statementOfValues<QueryParams, Of & Sum>((db, users) =>
  db
    .selectFrom("spans")
    .select(["user", "resource", sql<string>`cast(sum(amount) as text)`.as("amount")])
    .where("user", "in", users)
    .where("ends", "is", null)
    .groupBy(["user", "resource"]),
);

type Sum = { readonly resource: Level; readonly amount: string };

const sums = statement<{ user: string }, Sum>((db, param) =>
  db
    .selectFrom("spans")
    .select(["resource", sql<string>`cast(sum(amount) as text)`.as("amount")])
    .where("user", "=", param("user"))
    .where("ends", "is", null)
    .groupBy("resource"),
);
