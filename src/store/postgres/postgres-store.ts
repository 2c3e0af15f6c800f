/**
 * The store of a region: PostgreSQL, 14 or later. All processes of a region share one database; nothing that is read is
 * kept in memory, so each sees at once what another committed.
 */
import { setTimeout as delay } from "node:timers/promises";
import { Kysely, sql } from "kysely";
import { Migrator } from "kysely/migration";
import { LodgeError } from "../../base/errors.ts";
import { StoreUnavailable } from "../../base/store-errors.ts";
import { compileQuery } from "../compiled-query.ts";
import { Listeners } from "../listeners.ts";
import { ensureKnown, migrations } from "../migrations/index.ts";
import type { BuildQuery, QueryParams, Store, StoreLock, TransactionOptions, Tx } from "../store.ts";
import type { Tables } from "../tables.ts";
import { takeNamedLock } from "./advisory-locks.ts";
import { Bell } from "./bell.ts";
import { ChangedRows } from "./changed-rows.ts";
import { Connector } from "./connector.ts";
import { parseDatabaseUrl } from "./database-url.ts";
import { postgresDialect } from "./dialect.ts";
import { ReadingSessions } from "./reading-sessions.ts";
import type { SessionOptions } from "./session.ts";
import { openSessions } from "./session-check.ts";
import { SessionPool } from "./session-pool.ts";

const SESSION: SessionOptions = { statementTimeoutMs: 10_000 };
/** For a migration of large tables, and for who waits for another process to finish one. */
const MIGRATION_TIMEOUT_MS = 600_000;
/** Writers take turns, so more would only wait in the server instead of here. */
const MOST_TRANSACTIONS = 8;
const READING_SESSIONS = 2;
/** How long to wait before each further attempt of a transaction that the database ended. */
const PAUSES_MS = [10, 100, 500] as const;
/** For how long a transaction is begun again: a database that is away costs its caller little more than one attempt. */
const RETRY_MS = 5_000;
/** Serialization failure and deadlock (PostgreSQL's manual, appendix A): the transaction was rolled back. */
const RACE = /^40(001|P01)$/;

const MIGRATIONS = migrations("postgres");

/** Opens the database, migrating it as needed. Errors: `usage`; `StoreUnavailable`; a migration that failed. */
export async function openPostgresStore(url: string): Promise<Store> {
  const connector = new Connector(parseDatabaseUrl(url));
  const sessions = await openSessions(connector, SESSION);
  const pool = new SessionPool(connector, MOST_TRANSACTIONS, SESSION, sessions);
  const kysely = new Kysely<Tables>({ dialect: postgresDialect(pool) });
  try {
    await migrate(connector, kysely);
  } catch (error) {
    await pool.close();
    throw error;
  }
  return new PostgresStore(connector, pool, kysely);
}

class PostgresStore implements Store {
  readonly #connector: Connector;
  readonly #pool: SessionPool;
  readonly #kysely: Kysely<Tables>;
  readonly #readers: ReadingSessions;
  readonly #listeners = new Listeners();
  readonly #bell: Bell;

  /** @param kysely on the pool's sessions */
  constructor(connector: Connector, pool: SessionPool, kysely: Kysely<Tables>) {
    this.#connector = connector;
    this.#pool = pool;
    this.#kysely = kysely;
    this.#readers = new ReadingSessions(connector, READING_SESSIONS, SESSION);
    this.#bell = new Bell(connector, this.#listeners);
  }

  transaction<T>(work: (tx: Tx) => Promise<T>, { onChange }: TransactionOptions = {}): Promise<T> {
    if (onChange === undefined) return retried(() => this.#kysely.transaction().execute(work));
    const noticing = async (tx: Tx): Promise<T> => {
      const changed = new ChangedRows();
      const done = await work(tx.withPlugin(changed));
      if (changed.any) await onChange(tx);
      return done;
    };
    return retried(() => this.#kysely.transaction().execute(noticing));
  }

  snapshot<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return retried(() => this.#kysely.transaction().setAccessMode("read only").execute(work));
  }

  query<Params extends QueryParams, Row>(build: BuildQuery<Params, Row>) {
    const { sql, values } = compileQuery(this.#kysely, build);
    return (params: Params) => this.#readers.rows<Row>(sql, values(params));
  }

  ring(topic: string): void {
    this.#listeners.notify(topic);
    this.#bell.ring(topic);
  }

  listen(topic: string, listener: () => void): () => void {
    const end = this.#listeners.add(topic, listener);
    this.#bell.open();
    return end;
  }

  lock(name: string): Promise<StoreLock | null> {
    return takeNamedLock(this.#connector, name);
  }

  async close(): Promise<void> {
    await this.#bell.close();
    await this.#readers.close();
    await this.#kysely.destroy();
    await this.#pool.close();
  }
}

/** Brings the tables up to date in one transaction, which has the lock of all that write; where they are, it waits for nobody. */
async function migrate(connector: Connector, db: Kysely<Tables>): Promise<void> {
  try {
    if (await isUpToDate(db)) return;
    await migrateToLatest(connector);
  } catch (cause) {
    if (cause instanceof StoreUnavailable || cause instanceof LodgeError) throw cause;
    throw new Error("the database could not be migrated", { cause });
  }
}

function isUpToDate(db: Kysely<Tables>): Promise<boolean> {
  return db.connection().execute(async (session) => {
    const applied = await appliedTo(session);
    ensureKnown(applied, MIGRATIONS, "the database");
    return Object.keys(MIGRATIONS).every((name) => applied.includes(name));
  });
}

async function migrateToLatest(connector: Connector): Promise<void> {
  const pool = new SessionPool(connector, 1, { statementTimeoutMs: MIGRATION_TIMEOUT_MS });
  const kysely = new Kysely<Tables>({ dialect: postgresDialect(pool) });
  try {
    await kysely.transaction().execute(async (tx) => {
      ensureKnown(await appliedTo(tx), MIGRATIONS, "the database");
      const { error } = await new Migrator({
        db: tx,
        provider: { getMigrations: async () => MIGRATIONS },
      }).migrateToLatest();
      if (error !== undefined) throw error;
    });
  } finally {
    await pool.close();
  }
}

/** The names of the migrations that the database has had; none where there are no tables yet. */
async function appliedTo(tx: Kysely<Tables>): Promise<readonly string[]> {
  const { rows } = await sql<{ there: boolean }>`
    select to_regclass('kysely_migration') is not null as there`.execute(tx);
  if (rows[0]?.there !== true) return [];
  const applied = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(tx);
  return applied.rows.map(({ name }) => name);
}

/**
 * Tries a transaction again that the database ended before its commit was sent, a few times. A commit whose outcome is
 * not known is never repeated.
 */
async function retried<T>(attempt: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + RETRY_MS;
  for (const pauseMs of PAUSES_MS) {
    try {
      return await attempt();
    } catch (error) {
      if (!wasRolledBack(error) || performance.now() > deadline) throw error;
      await delay(pauseMs * (0.5 + Math.random()));
    }
  }
  return attempt();
}

function wasRolledBack(error: unknown): boolean {
  if (error instanceof StoreUnavailable) return error.reason === "lost";
  return RACE.test(String((error as { readonly code?: unknown }).code ?? ""));
}
