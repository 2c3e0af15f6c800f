/** The tables of a database file, brought up to date as a process opens it, and kept beside it as they were. */
import { existsSync } from "node:fs";
import type Database from "better-sqlite3";
import type { Kysely } from "kysely";
import { Migrator } from "kysely/migration";
import { ensureKnown, migrations } from "../migrations/index.ts";
import type { Tables } from "../tables.ts";
import { copyDatabase } from "./copy.ts";

const MIGRATIONS = migrations("sqlite");

/**
 * Brings the tables up to date: all of it or nothing, whatever interrupts it, and one process at a time. Kysely does not
 * use a transaction for that on SQLite, which has them for tables too. Before tables that are there already are changed, a
 * copy of the database is made beside it (`FILE-before-MIGRATION`).
 *
 * Errors: `usage` when a newer version has made the tables; `StoreFull` when there is no room for the copy; a migration that
 * failed.
 */
export async function migrate(
  file: string,
  writer: Database.Database,
  kysely: Kysely<Tables>,
): Promise<void> {
  const applied = appliedTo(writer);
  ensureKnown(applied, MIGRATIONS, file);
  const next = Object.keys(MIGRATIONS).find((name) => !applied.includes(name));
  if (next === undefined) return;
  if (applied.length > 0) keepBefore(writer, `${file}-before-${next}`);
  try {
    await migrateAll(writer, kysely);
  } catch (cause) {
    throw new Error(`the database ${file} could not be migrated`, { cause });
  }
}

async function migrateAll(writer: Database.Database, kysely: Kysely<Tables>): Promise<void> {
  writer.exec("begin immediate");
  const provider = { getMigrations: async () => MIGRATIONS };
  const { error } = await new Migrator({ db: kysely, provider }).migrateToLatest();
  // Some errors have ended it already.
  if (writer.inTransaction) writer.exec(error === undefined ? "commit" : "rollback");
  if (error !== undefined) throw error;
}

/** The names of the migrations that the database has had, in order; none where there are no tables yet. */
export function appliedTo(database: Database.Database): readonly string[] {
  const table = database.prepare("select 1 from sqlite_schema where name = 'kysely_migration'").get();
  if (table === undefined) return [];
  return database.prepare<[], string>("select name from kysely_migration order by name").pluck().all();
}

/** Another process may have made the copy and died, or be at it: then its tables are those of the copy. */
function keepBefore(writer: Database.Database, copy: string): void {
  if (!existsSync(copy)) copyDatabase(writer, copy);
}
