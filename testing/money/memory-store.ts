/**
 * A store in memory, for what asks only what is counted and charged: tables, statements and the order of transactions are those
 * of the embedded store, and nothing of it survives the process. What a store owes to a disk is shown elsewhere.
 */
import Database from "better-sqlite3";
import type { CompiledQuery, Kysely, QueryResult } from "kysely";
import { compileQuery } from "../../src/store/compiled-query.ts";
import { Listeners } from "../../src/store/listeners.ts";
import { kyselyOn } from "../../src/store/sqlite/connection.ts";
import type {
  BuildQuery,
  QueryParams,
  Store,
  StoreLock,
  TransactionOptions,
  Tx,
} from "../../src/store/store.ts";
import type { Tables } from "../../src/store/tables.ts";
import { migratedTables } from "../migrated-tables.ts";

export async function openMemoryStore(): Promise<MemoryStore> {
  const database = new Database(await migratedTables());
  database.pragma("foreign_keys = ON");
  const kysely = kyselyOn(database, "begin immediate");
  // Held for good: transactions and snapshots take turns on it.
  const held = Promise.withResolvers<Kysely<Tables>>();
  const connection = kysely.connection().execute((one) => {
    held.resolve(one);
    return new Promise<never>(() => {});
  });
  return new MemoryStore(database, await Promise.race([held.promise, connection]));
}

export class MemoryStore implements Store {
  /** For who reads past the store: outside of transactions alone, since there is one connection. */
  readonly database: Database.Database;
  readonly #tx: Tx;
  readonly #changes: Database.Statement<[], number>;
  readonly #statements = new Map<string, Database.Statement<unknown[]>>();
  readonly #listeners = new Listeners();
  /** Settles once what was begun is done: one thing is done at a time, transactions and snapshots alike. */
  #last: Promise<unknown> = Promise.resolve();

  /** @param kysely on a connection of the database */
  constructor(database: Database.Database, kysely: Kysely<Tables>) {
    this.database = database;
    this.#changes = database.prepare<[], number>("select total_changes()").pluck();
    // What was compiled before is run without the layers that wait for connections.
    kysely.executeQuery = async <Row>({ sql, parameters }: CompiledQuery<Row>) =>
      this.#run<Row>(sql, parameters);
    this.#tx = kysely as Tx;
  }

  transaction<T>(work: (tx: Tx) => Promise<T>, { onChange }: TransactionOptions = {}): Promise<T> {
    return this.#inTurn(async () => {
      this.#run("begin immediate");
      try {
        const before = this.#changes.get();
        const done = await work(this.#tx);
        if (this.#changes.get() !== before) await onChange?.(this.#tx);
        this.#run("commit");
        return done;
      } finally {
        if (this.database.inTransaction) this.#run("rollback");
      }
    });
  }

  snapshot<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#inTurn(() => work(this.#tx));
  }

  query<Params extends QueryParams, Row>(build: BuildQuery<Params, Row>) {
    const { sql, values } = compileQuery(this.#tx, build);
    const read = (params: Params) => this.#run<Row>(sql, values(params)).rows;
    // What is not committed is not seen.
    return (params: Params) =>
      this.database.inTransaction ? this.#inTurn(async () => read(params)) : read(params);
  }

  ring(topic: string): void {
    this.#listeners.notify(topic);
  }

  listen(topic: string, listener: () => void): () => void {
    return this.#listeners.add(topic, listener);
  }

  async lock(): Promise<StoreLock | null> {
    throw new Error("nobody else has a store that is in memory");
  }

  async close(): Promise<void> {
    await this.#inTurn(async () => this.database.close());
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }

  #run<Row>(sql: string, values: readonly unknown[] = []): QueryResult<Row> {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.database.prepare<unknown[]>(sql);
      this.#statements.set(sql, statement);
    }
    if (statement.reader) return { rows: statement.all(values) as Row[] };
    return { rows: [], numAffectedRows: BigInt(statement.run(values).changes) };
  }
}
