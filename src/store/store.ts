/**
 * The store: the state of the cloud, behind one typed query builder. Knows tables and transactions, no command.
 */
import type { Compilable, Kysely, Transaction } from "kysely";
import type { Tables } from "./tables.ts";

export type Tx = Transaction<Tables>;

export interface Store {
  /**
   * Runs `work` in one durable transaction: all of it or nothing. Writers take turns, so what `work` reads holds until
   * it commits. Keep host effects out of it.
   */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;

  /**
   * A query that is compiled once, for the paths that every request takes: building one anew costs more than running
   * it. `build` gets the query builder and a function that stands for each named parameter. It sees what is committed.
   * What `keep` says no to is read anew each time: rows that another process changes while this one runs.
   *
   * @example
   * const byName = store.query<{ name: string }, { uuid: string }>((db, param) =>
   *   db.selectFrom("users").select("uuid").where("name", "=", param("name")));
   * const [user] = await byName({ name: "ann" });
   */
  query<Params extends Record<string, string | number>, Row>(
    build: (
      db: Kysely<Tables>,
      param: <Name extends keyof Params>(name: Name) => Params[Name],
    ) => Compilable<Row>,
    keep?: (rows: readonly Row[]) => boolean,
  ): (params: Params) => Promise<readonly Row[]>;

  /**
   * Runs `work` when no other work with the same key runs, in the order of the calls. For what must happen one at a
   * time on an object although it takes longer than a transaction, such as its start and its end.
   */
  inTurn<T>(key: string, work: () => Promise<T>): Promise<T>;

  close(): Promise<void>;
}
