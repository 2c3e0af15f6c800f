/** The audit trail as it stands in the store. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { type Kysely, type SelectQueryBuilder, sql } from "kysely";
import type { Properties } from "../api/properties.ts";
import { DAY_S } from "../base/durations.ts";
import type { UserId } from "../base/ids.ts";
import { mapPages } from "../base/pages.ts";
import type { Soon } from "../base/soon.ts";
import { LISTED_AT_ONCE } from "../store/event-lists.ts";
import type { Store, Tx } from "../store/store.ts";
import type { EventsTable, Tables } from "../store/tables.ts";

/** How many events one answer has at most. */
const MOST_EVENTS = 1_000;
/** How many are in memory at once. */
const PAGE = 200;
/** Behind all numbers that there are. */
const LAST = Number.MAX_SAFE_INTEGER;
/** How many go in one transaction. */
const PRUNED_AT_ONCE = 1_000;

/** For how many days events are kept where nobody says otherwise. */
export const AUDIT_DAYS = 365;

type Row = Omit<EventsTable, "serial"> & { readonly serial: number };

/** Where an answer begins: with the event of that number, or (null) so that it ends with the last that there is. */
type From = number | null;

export class EventRecords {
  readonly #queries: ReturnType<typeof queries>;

  constructor(store: Store) {
    this.#queries = queries(store);
  }

  /** Events of all accounts, oldest first. */
  async all(from: From): Promise<AsyncIterable<readonly Properties[]>> {
    const { page, serials } = this.#queries;
    const first = from ?? (await serials({ most: MOST_EVENTS })).at(-1)?.serial ?? 0;
    return mapPages(
      pages(first, (after, most) => page({ after, most })),
      (rows) => rows.map((row) => answer(row, row.actor)),
    );
  }

  /**
   * Events of one, oldest first. Of what another did, neither the key nor the place is told.
   *
   * @param object what they name or made; null: whatever it is
   */
  ofUser(
    user: UserId,
    from: From,
    object: string | null = null,
  ): Promise<AsyncIterable<readonly Properties[]>> {
    return this.#own(user, object, { from, before: LAST });
  }

  /** The last of them before the one of that number. */
  ofUserBefore(
    user: UserId,
    before: number,
    object: string | null = null,
  ): Promise<AsyncIterable<readonly Properties[]>> {
    return this.#own(user, object, { from: null, before });
  }

  async #own(user: UserId, object: string | null, { from, before }: { from: From; before: number }) {
    const { pageOfUser, serialsOfUser, pageOfObject, serialsOfObject } = this.#queries;
    const most = MOST_EVENTS;
    const first =
      from ??
      (object === null
        ? await serialsOfUser({ user, after: 0, before, most })
        : await serialsOfObject({ user, object, after: 0, before, most })
      ).at(-1)?.serial ??
      before;
    const read = (after: number, most: number) =>
      object === null
        ? pageOfUser({ user, after, before, most })
        : pageOfObject({ user, object, after, before, most });
    return mapPages(pages(first, read), (rows) => rows.map((row) => answer(row, user)));
  }
}

async function* pages(
  first: number,
  read: (after: number, most: number) => Soon<readonly Row[]>,
): AsyncGenerator<readonly Row[]> {
  let after = first - 1;
  for (let left = MOST_EVENTS; left > 0; ) {
    const most = Math.min(PAGE, left);
    const rows = await read(after, most);
    if (rows.length > 0) yield rows;
    if (rows.length < most) return;
    after = rows.at(-1)?.serial ?? after;
    left -= rows.length;
  }
}

/** @param reader whose key and address may be told */
function answer({ serial, time, user, actor, key, address, command, object, outcome }: Row, reader: string) {
  const place =
    actor === reader
      ? ([
          ["key", key],
          ["address", address],
        ] as const)
      : [];
  const about = object === "" ? [] : ([["object", object]] as const);
  return [
    ["event", serial],
    ["time", time],
    ["user", user],
    ["actor", actor],
    ...place,
    ["command", command],
    ...about,
    ["outcome", outcome],
  ] as const;
}

/**
 * Removes the events that are older than so many days; a few at a time, so that nobody waits for it. Where clocks jumped or
 * differ, older ones stand behind younger ones: so it is looked at the first of each so many numbers. Errors: the store's.
 */
export async function pruneEvents(store: Store, days: number, nowMs: number = Date.now()): Promise<void> {
  const before = Math.floor(nowMs / 1000) - days * DAY_S;
  for (let from = 0; ; ) {
    const block = await store.snapshot((tx) => blockFrom(tx, from));
    if (block === null) return;
    if (block.time < before) await removeOld(store, block, before);
    from = block.end;
    await nextTurn();
  }
}

type Block = { readonly first: number; readonly end: number; readonly time: number };

/** The first event of that number or a later one, and the end of the numbers that are looked at with it. */
async function blockFrom(tx: Tx, from: number): Promise<Block | null> {
  const row = await tx
    .selectFrom("events")
    .select(["serial", "time"])
    .where("serial", ">=", from)
    .orderBy("serial")
    .limit(1)
    .executeTakeFirst();
  if (row === undefined) return null;
  const first = Number(row.serial);
  return { first, end: first - (first % PRUNED_AT_ONCE) + PRUNED_AT_ONCE, time: Number(row.time) };
}

async function removeOld(store: Store, { first, end }: Block, before: number): Promise<void> {
  await store.transaction(async (tx) => {
    const [store] = (await sql<{ now: Date | string }>`select current_timestamp as now`.execute(tx)).rows;
    // The last one stays: numbers go on from it.
    await tx
      .deleteFrom("events")
      .where("serial", ">=", first)
      .where("serial", "<", end)
      .where("serial", "<", (other) =>
        other.selectFrom("events").select((row) => row.fn.max("serial").as("last")),
      )
      .where("time", "<", Math.min(before, secondsOf(store?.now ?? 0) - DAY_S))
      .execute();
  });
}

/** The store's own clock, which lets none go that is younger than a day by it: of SQLite a text of UTC. */
const secondsOf = (now: Date | string | number): number =>
  Math.floor(new Date(typeof now === "string" ? `${now}Z` : now).getTime() / 1000);

type PageParams = { after: number; most: number };
type OfUser = PageParams & { user: string; before: number };
type OfObject = OfUser & { object: string };

const COLUMNS = [
  ...(["serial", "time", "user", "actor", "key", "address", "command", "object", "outcome"] as const),
] as const;

const queries = (store: Store) => ({
  page: store.query<PageParams, Row>((db, param) =>
    db
      .selectFrom("events")
      .select(COLUMNS)
      .where("serial", ">", param("after"))
      .orderBy("serial")
      .limit(param("most")),
  ),
  pageOfUser: store.query<OfUser, Row>((db, param) => eventsOf(db, serialsOfUser(db, param, "asc"))),
  pageOfObject: store.query<OfObject, Row>((db, param) => eventsOf(db, serialsOfObject(db, param, "asc"))),
  serials: store.query<{ most: number }, { serial: number }>((db, param) =>
    db.selectFrom("events").select("serial").orderBy("serial", "desc").limit(param("most")),
  ),
  serialsOfUser: store.query<OfUser, { serial: number }>((db, param) => serialsOfUser(db, param, "desc")),
  serialsOfObject: store.query<OfObject, { serial: number }>((db, param) =>
    serialsOfObject(db, param, "desc"),
  ),
});

type Param<Params> = <Name extends keyof Params>(name: Name) => Params[Name];
type Order = "asc" | "desc";

/** The first or last numbers of an account's events between two: of those in its list, and of the last of all, which may be in none yet. */
function serialsOfUser(db: Kysely<Tables>, param: Param<OfUser>, order: Order) {
  const listed = db
    .selectFrom("events_of_users")
    .select("serial")
    .where("user", "=", param("user"))
    .where("serial", ">", param("after"))
    .where("serial", "<", param("before"))
    .orderBy("serial", order)
    .limit(param("most"));
  return withLast(db, listed, lastOfUser(db, param), order).limit(param("most"));
}

/** The same of those about an object. */
function serialsOfObject(db: Kysely<Tables>, param: Param<OfObject>, order: Order) {
  const listed = db
    .selectFrom("events_of_objects")
    .select("serial")
    .where("user", "=", param("user"))
    .where("object", "=", param("object"))
    .where("serial", ">", param("after"))
    .where("serial", "<", param("before"))
    .orderBy("serial", order)
    .limit(param("most"));
  const last = lastOfUser(db, param).where("object", "=", param("object"));
  return withLast(db, listed, last, order).limit(param("most"));
}

/** Numbers, in whatever table they are. */
type Serials<From extends keyof Tables> = SelectQueryBuilder<Tables, From, { serial: number }>;

/** Those of a list, and the last ones, in their order. */
const withLast = <From extends keyof Tables>(
  db: Kysely<Tables>,
  listed: Serials<From>,
  last: Serials<"events">,
  order: Order,
) => db.selectFrom(listed.as("listed")).select("serial").union(last).orderBy("serial", order);

/** The events of those numbers, oldest first. */
const eventsOf = (db: Kysely<Tables>, serials: ReturnType<typeof serialsOfUser>) =>
  db.selectFrom("events").select(COLUMNS).where("serial", "in", serials).orderBy("serial");

/** Of the last events of all, those of the account between two numbers. */
const lastOfUser = (db: Kysely<Tables>, param: Param<OfUser>) =>
  db
    .selectFrom("events")
    .select("serial")
    .where("serial", ">", (last) =>
      last
        .selectFrom("events")
        .select((row) => sql<number>`${row.fn.max("serial")} - ${sql.lit(LISTED_AT_ONCE)}`.as("listed")),
    )
    .where("user", "=", param("user"))
    // As a term, so that SQLite begins with the last ones, and not behind this number.
    .where(({ eb, ref }) => eb(sql`+${ref("serial")}`, ">", param("after")))
    .where("serial", "<", param("before"));
