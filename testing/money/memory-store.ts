/**
 * A store in memory, for what asks only what is counted and charged: tables, statements and the order of transactions are those
 * of the embedded store, and nothing of it survives the process. What a store owes to a disk is shown elsewhere.
 */
import Database from "better-sqlite3";
import type { Kysely } from "kysely";
import { compileQuery } from "../../src/store/compiled-query.ts";
import { Listeners } from "../../src/store/listeners.ts";
import { kyselyOn } from "../../src/store/sqlite/connection.ts";
import { migrate } from "../../src/store/sqlite/migrate.ts";
import type { BuildQuery, QueryParams, Store, StoreLock, Tx } from "../../src/store/store.ts";
import type { Tables } from "../../src/store/tables.ts";

const MEMORY = ":memory:";

/** The bytes of a database that has all tables and no rows: to make those takes longer than a week of a history. */
let empty: Promise<Buffer> | null = null;

async function makeEmpty(): Promise<Buffer> {
  const database = new Database(MEMORY);
  const kysely = kyselyOn(database, "begin immediate");
  await migrate(MEMORY, database, kysely);
  const bytes = database.serialize();
  await kysely.destroy();
  return bytes;
}

export async function openMemoryStore(): Promise<MemoryStore> {
  empty ??= makeEmpty();
  const database = new Database(await empty);
  database.pragma("foreign_keys = ON");
  return new MemoryStore(database);
}

export class MemoryStore implements Store {
  /** For who reads past the store: outside of transactions alone, since there is one connection. */
  readonly database: Database.Database;
  /** It does one thing at a time, transactions and snapshots alike. */
  readonly #kysely: Kysely<Tables>;
  readonly #listeners = new Listeners();

  constructor(database: Database.Database) {
    this.database = database;
    this.#kysely = kyselyOn(database, "begin immediate");
  }

  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#kysely.transaction().execute(work);
  }

  snapshot<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#kysely.transaction().execute(work);
  }

  query<Params extends QueryParams, Row>(build: BuildQuery<Params, Row>) {
    const { sql, values } = compileQuery(this.#kysely, build);
    const statement = this.database.prepare<unknown[], Row>(sql);
    return (params: Params) => {
      const read = () => statement.all(...values(params));
      // What is not committed is not seen.
      return this.database.inTransaction ? this.#kysely.connection().execute(async () => read()) : read();
    };
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
    await this.#kysely.destroy();
    this.database.close();
  }
}
