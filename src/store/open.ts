/** Which engine keeps the state of a home: PostgreSQL where the home's file `database` says so, else SQLite. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { holds, replaceFile } from "../base/atomic-file.ts";
import { failed, usage } from "../base/errors.ts";
import { parseDatabaseUrl } from "./postgres/database-url.ts";
import { openSqliteStore } from "./sqlite/sqlite-store.ts";
import type { Store } from "./store.ts";

/** The files of a home that a store is found by. */
export type StoreHome = {
  readonly file: (name: "database" | "lodge.db" | "lodge.lock") => string;
};

/** What chooses SQLite, in place of a URL. */
const EMBEDDED = "sqlite";

/** Errors: `usage` when `database` is neither `sqlite` nor the URL of a PostgreSQL database. */
export function ensureDatabase(database: string): void {
  if (database !== EMBEDDED) parseDatabaseUrl(database);
}

/** Errors: `usage` for a home whose state is in PostgreSQL: that is backed up with PostgreSQL's own means. */
export function ensureEmbedded(dir: string): void {
  const file = join(dir, "database");
  if (!existsSync(file) || readFileSync(file, "utf8").trim() === EMBEDDED) return;
  throw usage(
    `the state of ${dir} is in PostgreSQL: back it up with pg_dump, and keep the home's files with it`,
  );
}

/**
 * Opens the store of a home, making and migrating its tables as needed.
 *
 * @param database `sqlite`, or the URL of a PostgreSQL database: once it is open the home remembers it for all who open
 *   it later. Without it, it is the one that was remembered last, or else SQLite.
 *
 * Errors: `usage` when that is neither; what keeps the database from use, or the home from
 * remembering it: then it is not open.
 */
export async function openStore(home: StoreHome, database?: string): Promise<Store> {
  const file = home.file("database");
  const chosen = database ?? remembered(file);
  const store =
    chosen === EMBEDDED
      ? await openSqliteStore({ file: home.file("lodge.db"), lockFile: home.file("lodge.lock") })
      : await postgresStore(chosen);
  if (database === undefined) return store;
  try {
    // For its owner alone: a URL may hold a password.
    const text = `${database}\n`;
    if (!holds(file, text)) await replaceFile(file, text, { mode: 0o600 });
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Its client is in memory where it is used. Errors: what keeps the database from use. */
async function postgresStore(database: string): Promise<Store> {
  const { openPostgresStore } = await import("./postgres/postgres-store.ts");
  return openPostgresStore(database);
}

/** Errors: the file is damaged. Nobody can guess for its owner where the state is. */
function remembered(file: string): string {
  if (!existsSync(file)) return EMBEDDED;
  const database = readFileSync(file, "utf8").trim();
  try {
    ensureDatabase(database);
    return database;
  } catch (cause) {
    throw failed(`${file} does not say where the cloud's state is: start once with --database`, { cause });
  }
}
