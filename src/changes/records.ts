/** What became of objects, as it stands in the store, where triggers have written it (`store/migrations/0016-triggers.ts`). */
import type { StreamEvent } from "../api/event-stream.ts";
import type { Soon } from "../base/soon.ts";
import type { ChangesTable } from "../store/change-tables.ts";
import type { Store } from "../store/store.ts";

/** How many are read, and in memory, at once. */
const PAGE = 100;
/** How many accounts' are looked at at once. */
const MOVED_AT_ONCE = 1_000;

type Row = Pick<ChangesTable, "serial" | "kind" | "type" | "object" | "status">;

export class ChangeRecords {
  readonly #queries: ReturnType<typeof queries>;

  constructor(store: Store) {
    this.#queries = queries(store);
  }

  /** The number of an account's last change; 0 where there was none. */
  async last(user: string): Promise<number> {
    const [counter] = await this.#queries.counter({ user });
    return counter?.last ?? 0;
  }

  /** How many changes there have been of all accounts. */
  all(): Promise<number> {
    return this.last(EVERYBODYS);
  }

  /** The accounts with changes since there had been so many of all, in their order; those that come first, where there are many. */
  moved(since: number): Soon<readonly { readonly user: string; readonly moved: number }[]> {
    return this.#queries.moved({ since, most: MOVED_AT_ONCE });
  }

  /**
   * An account's changes behind that number, the first of them. Where those that come first are not there any more, or there
   * never was such a number, it is told to begin anew.
   *
   * @param from null: there is none to go on from
   */
  async after(user: string, from: number | null): Promise<readonly StreamEvent[]> {
    const last = await this.last(user);
    if (from === last) return [];
    const begin: readonly StreamEvent[] = [{ id: last, event: "reset", data: [] }];
    if (from === null) return begin;
    // What is younger than the number that was read is for the next time, which may know of no younger one yet.
    const rows = await this.#queries.after({ user, from, to: last, most: PAGE });
    return rows[0]?.serial === from + 1 ? rows.map(eventOf) : begin;
  }
}

const eventOf = ({ serial, kind, type, object, status }: Row): StreamEvent => ({
  ...{ id: serial, event: kind },
  data: [["type", type], ["object", object], ...(status === "" ? [] : [["status", status] as const])],
});

/** The counter of all accounts. */
const EVERYBODYS = "";

const queries = (store: Store) => ({
  counter: store.query<{ user: string }, { last: number }>((db, param) =>
    db.selectFrom("change_counters").select("last").where("user", "=", param("user")),
  ),
  moved: store.query<{ since: number; most: number }, { user: string; moved: number }>((db, param) =>
    db
      .selectFrom("change_counters")
      .select(["user", "moved"])
      .where("moved", ">", param("since"))
      .orderBy("moved")
      .limit(param("most")),
  ),
  after: store.query<{ user: string; from: number; to: number; most: number }, Row>((db, param) =>
    db
      .selectFrom("changes")
      .select(["serial", "kind", "type", "object", "status"])
      .where("user", "=", param("user"))
      .where("serial", ">", param("from"))
      .where("serial", "<=", param("to"))
      .orderBy("serial")
      .limit(param("most")),
  ),
});
