/**
 * The store: the state of the cloud, behind one typed query builder. Knows tables and transactions, no command.
 *
 * There are two engines, SQLite in the home and PostgreSQL; `open.ts` chooses, and nothing outside of `store/` knows
 * which one it is.
 */
import type { Compilable, Kysely, Transaction } from "kysely";
import type { Soon } from "../base/soon.ts";
import type { Tables } from "./tables.ts";

export type Tx = Transaction<Tables>;

/** Makes a query out of the query builder and a function that stands for each named parameter. */
export type BuildQuery<Params, Row> = (
  db: Kysely<Tables>,
  param: <Name extends keyof Params>(name: Name) => Params[Name],
) => Compilable<Row>;

export type QueryParams = Readonly<Record<string, string | number>>;

/** An exclusive lock that is held. */
export type StoreLock = {
  /** Settles with the reason when the lock is lost although it was not released; then another process may have it. */
  readonly lost: Promise<Error>;
  release(): Promise<void>;
};

export type TransactionOptions = {
  /**
   * It makes or changes what somebody asks for, and so is refused where the disk has little room left: that is for what
   * ends, destroys and settles things, without this option.
   */
  readonly grows?: boolean;
  /** What it takes out of rows is a secret, which is to be in none of the database's files within a second. */
  readonly erases?: boolean;
  /**
   * False: it may be lost with the machine's power, though not with this process, until a later one that is durable commits.
   * For what ends with the machine anyway, such as the intent to launch a process on it, which nobody is answered before
   * its outcome is recorded. PostgreSQL, which may be on another machine, keeps it all the same.
   */
  readonly durable?: boolean;
  /** Runs last where `work` has changed a row, and is of the same transaction. */
  readonly onChange?: (tx: Tx) => Promise<void>;
};

/**
 * Errors of all methods: `StoreUnavailable` when the database does not answer, and `StoreFull` when its disk has no room,
 * and nothing was changed; `CommitUnknown` when it is not known whether the change was made.
 */
export interface Store {
  /**
   * Runs `work` in one durable transaction: all of it or nothing. What `work` reads holds until it commits: of two
   * transactions that are under way at once, in whatever processes, the second reads what the first committed. Both
   * engines let one of them work at a time: SQLite by the lock of its database, PostgreSQL by one advisory lock that
   * every transaction takes as it begins, at the isolation level READ COMMITTED.
   *
   * `work` may run again when the database ended an attempt before its commit: it does nothing but use `tx`.
   */
  transaction<T>(work: (tx: Tx) => Promise<T>, options?: TransactionOptions): Promise<T>;

  /** Runs `work` on the state of one moment, which it cannot change. Waits for no transaction. */
  snapshot<T>(work: (tx: Tx) => Promise<T>): Promise<T>;

  /**
   * A query that is compiled once, for the paths that every request takes: building one anew costs more than running
   * it. It sees every transaction of this process that is done, and those of other processes at the latest when the
   * process that waits for them to end hears of it. Rows are shared between callers, who do not change them.
   *
   * @example
   * const byName = store.query<{ name: string }, { uuid: string }>((db, param) =>
   *   db.selectFrom("users").select("uuid").where("name", "=", param("name")));
   * const [user] = await byName({ name: "ann" });
   */
  query<Params extends QueryParams, Row>(
    build: BuildQuery<Params, Row>,
  ): (params: Params) => Soon<readonly Row[]>;

  /**
   * Tells all who listen to the topic, in this process and on PostgreSQL in others, that there is something to look
   * at. To be called after the commit of what they are to see. A ring may be lost, and several may arrive as one.
   *
   * @param topic 1 to 200 characters, of letters, digits and `_ : . -`
   */
  ring(topic: string): void;

  /**
   * Calls `listener` at each ring of the topic, and whenever rings may have been lost, until the function that this
   * returns is called. Who listens looks by themselves now and then, too: a lost ring makes them late, no more.
   */
  listen(topic: string, listener: () => void): () => void;

  /**
   * Takes the exclusive lock of that name for as long as this process lives; null when another process has it. At
   * most one lock of a name is held on a store at a time, by whatever process.
   */
  lock(name: string): Promise<StoreLock | null>;

  close(): Promise<void>;
}
