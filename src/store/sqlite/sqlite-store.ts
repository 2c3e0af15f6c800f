/**
 * The embedded store: SQLite in WAL mode with full synchronous commits, so that a transaction that was answered
 * survives a power failure.
 */
import { closeSync, openSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import Database from "better-sqlite3";
import { Kysely, SqliteDialect } from "kysely";
import { Migrator } from "kysely/migration";
import { failed } from "../../base/errors.ts";
import { takeLock } from "../../base/file-lock.ts";
import { compileQuery } from "../compiled-query.ts";
import { Listeners } from "../listeners.ts";
import { migrations } from "../migrations/index.ts";
import type { BuildQuery, QueryParams, Store, StoreLock, Tx } from "../store.ts";
import type { Tables } from "../tables.ts";
import { LOOK_AFTER_MS, RowCache } from "./row-cache.ts";

/** How long a writer waits for another process (`lodge user create`) to finish its transaction. */
const BUSY_TIMEOUT_MS = 10_000;

/**
 * Opens the database file, making and migrating it as needed. Errors: `failed`, the file is
 * damaged; SQLite's, and a migration that failed.
 *
 * @param lockFile what `lock` locks, whatever the name: one daemon works with an embedded store
 */
export async function openSqliteStore(files: {
  readonly file: string;
  readonly lockFile: string;
}): Promise<Store> {
  const writer = openWriter(files.file);
  const kysely = kyselyOn(writer, "begin immediate");
  await migrate(writer, kysely).catch(async (cause: unknown) => {
    await kysely.destroy();
    if (isDamage(cause)) throw damaged(files.file, cause);
    throw new Error(`the database ${files.file} could not be migrated`, { cause });
  });
  return new SqliteStore(files, kysely, writer);
}

class SqliteStore implements Store {
  readonly #writer: Kysely<Tables>;
  /** Reads on the request path have a connection of their own: they never wait for a transaction. */
  readonly #reader: Database.Database;
  /** Snapshots have another, since queries on theirs would see the snapshot. */
  readonly #snapshots: Kysely<Tables>;
  readonly #cache: RowCache;
  readonly #listeners = new Listeners();
  readonly #lockFile: string;
  readonly #connections: readonly Database.Database[];
  #committedAt = -Infinity;

  /** @param connection that of `writer` */
  constructor(
    { file, lockFile }: { file: string; lockFile: string },
    writer: Kysely<Tables>,
    connection: Database.Database,
  ) {
    this.#writer = writer;
    this.#reader = openReader(file);
    const snapshots = openReader(file);
    this.#snapshots = kyselyOn(snapshots, "begin");
    this.#connections = [this.#reader, snapshots, connection];
    this.#lockFile = lockFile;
    const version = this.#reader.prepare<[], number>("pragma data_version").pluck();
    this.#cache = new RowCache(() => version.get() ?? 0);
  }

  async transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const result = await this.#writer.transaction().execute(work);
    this.#cache.forget();
    this.#committedAt = performance.now();
    return result;
  }

  snapshot<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#snapshots.transaction().execute(work);
  }

  query<Params extends QueryParams, Row>(build: BuildQuery<Params, Row>) {
    const { sql, values, key } = compileQuery(this.#writer, build);
    const statement = this.#reader.prepare<unknown[], Row>(sql);
    const cache = this.#cache;
    const results = cache.open();
    return (params: Params) =>
      cache.rows(results, key(params), () => statement.all(...values(params))) as Promise<readonly Row[]>;
  }

  ring(topic: string): void {
    this.#listeners.notify(topic);
  }

  listen(topic: string, listener: () => void): () => void {
    return this.#listeners.add(topic, listener);
  }

  async lock(): Promise<StoreLock | null> {
    const release = takeLock(this.#lockFile);
    if (release === null) return null;
    // The system takes it from nobody who lives.
    return { lost: new Promise(() => {}), release: async () => release() };
  }

  async close(): Promise<void> {
    // Part of the row cache's rule: other processes have seen the last commit when this one ends.
    await delay(Math.max(0, this.#committedAt + LOOK_AFTER_MS - performance.now()));
    await Promise.all([this.#snapshots.destroy(), this.#writer.destroy()]);
    // Kysely closes no connection that it never used, and the one that is left keeps the write-ahead log, with all that
    // was in it, beside the database.
    for (const connection of this.#connections) connection.close();
  }
}

/**
 * Brings the tables up to date: all of it or nothing, whatever interrupts it, and one process at a time. Kysely does not
 * use a transaction for that on SQLite, which has them for tables too.
 */
async function migrate(writer: Database.Database, kysely: Kysely<Tables>): Promise<void> {
  writer.exec("begin immediate");
  const { error } = await new Migrator({
    db: kysely,
    provider: { getMigrations: async () => migrations("sqlite") },
  }).migrateToLatest();
  // Some errors have ended it already.
  if (writer.inTransaction) writer.exec(error === undefined ? "commit" : "rollback");
  if (error !== undefined) throw error;
}

function open(file: string): Database.Database {
  // It holds what users call their machines, and VNC passwords: for its owner alone, from the first moment.
  closeSync(openSync(file, "a", 0o600));
  const database = new Database(file, { timeout: BUSY_TIMEOUT_MS });
  database.pragma("journal_mode = WAL");
  database.pragma("synchronous = FULL");
  database.pragma("foreign_keys = ON");
  // What a row held is overwritten with it: the secret of a destroyed drive is nowhere then.
  database.pragma("secure_delete = ON");
  return database;
}

/** Errors: `failed` where the file is no database, or a broken one; SQLite's. */
function openWriter(file: string): Database.Database {
  try {
    return open(file);
  } catch (error) {
    throw isDamage(error) ? damaged(file, error) : error;
  }
}

const isDamage = (error: unknown): boolean =>
  error instanceof Database.SqliteError && /^SQLITE_(NOTADB|CORRUPT)/.test(error.code);

const damaged = (file: string, cause: unknown): Error =>
  failed(`${file} is damaged: put it back from a backup, without lodge.db-wal and lodge.db-shm`, { cause });

function openReader(file: string): Database.Database {
  const reader = open(file);
  reader.pragma("query_only = true");
  return reader;
}

/**
 * A query builder that prepares each SQL text once.
 *
 * @param begin how transactions begin: one that reads first and writes later takes the write lock as it begins, since
 *   its snapshot could otherwise be overtaken by another process
 */
function kyselyOn(database: Database.Database, begin: "begin" | "begin immediate"): Kysely<Tables> {
  const statements = new Map<string, Database.Statement>();
  return new Kysely<Tables>({
    dialect: new SqliteDialect({
      database: {
        close: () => database.close(),
        prepare(sql) {
          let statement = statements.get(sql);
          if (statement === undefined) {
            statement = database.prepare(sql === "begin" ? begin : sql);
            statements.set(sql, statement);
          }
          return statement;
        },
      },
    }),
  });
}
