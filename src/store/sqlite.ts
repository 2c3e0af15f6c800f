/**
 * The embedded store: SQLite in WAL mode with full synchronous commits, so that a transaction that was answered
 * survives a power failure.
 */
import { closeSync, openSync } from "node:fs";
import Database from "better-sqlite3";
import { Kysely, SqliteDialect } from "kysely";
import { Migrator } from "kysely/migration";
import { turns } from "../base/keyed-lock.ts";
import { MIGRATIONS } from "./migrations/index.ts";
import { recentRows } from "./recent.ts";
import type { Store } from "./store.ts";
import type { Tables } from "./tables.ts";

/** How long a writer waits for another process (`lodge user create`) to finish its transaction. */
const BUSY_TIMEOUT_MS = 10_000;

/** Stands in a compiled query for a parameter that is filled in at each run. */
class Parameter {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** Opens the database file, making and migrating it as needed. Errors: SQLite's, and a migration that failed. */
export async function openSqliteStore(file: string): Promise<Store> {
  const writer = open(file);
  const kysely = new Kysely<Tables>({
    dialect: new SqliteDialect({
      database: {
        close: () => writer.close(),
        prepare: cached(writer),
      },
    }),
  });
  await migrate(writer, kysely).catch(async (cause: unknown) => {
    await kysely.destroy();
    throw new Error(`the database ${file} could not be migrated`, { cause });
  });

  // Reads on the request path have a connection of their own: they never wait for a transaction.
  const reader = open(file);
  reader.pragma("query_only = true");

  const recent = recentRows();

  return {
    async transaction(work) {
      const result = await kysely.transaction().execute(work);
      recent.forget();
      return result;
    },
    query(build, keep) {
      const { sql, parameters } = build(kysely, (name) => new Parameter(String(name)) as never).compile();
      const statement = reader.prepare<unknown[], never>(sql);
      return async (params) => {
        const values = parameters.map((value) => (value instanceof Parameter ? params[value.name] : value));
        return recent.rows(statement, values, () => statement.all(...values), keep);
      };
    },
    inTurn: turns(),
    async close() {
      reader.close();
      await kysely.destroy();
    },
  };
}

/**
 * Brings the tables up to date: all of it or nothing, whatever interrupts it, and one process at a time. Kysely does not
 * use a transaction for that on SQLite, which has them for tables too.
 */
async function migrate(writer: Database.Database, kysely: Kysely<Tables>): Promise<void> {
  writer.exec("begin immediate");
  const { error } = await new Migrator({
    db: kysely,
    provider: { getMigrations: async () => ({ ...MIGRATIONS }) },
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
  // What a row held is overwritten with it: the key of a destroyed drive is nowhere then.
  database.pragma("secure_delete = ON");
  return database;
}

/**
 * Prepares each SQL text once. A transaction takes the write lock as it begins: one that reads first and writes later
 * could otherwise find its snapshot overtaken by another process.
 */
function cached(database: Database.Database): (sql: string) => Database.Statement {
  const statements = new Map<string, Database.Statement>();
  return (sql) => {
    let statement = statements.get(sql);
    if (statement === undefined) {
      statement = database.prepare(sql === "begin" ? "begin immediate" : sql);
      statements.set(sql, statement);
    }
    return statement;
  };
}
