/** The tables of a database file, brought up to date as a process opens it, and kept beside it as they were. */
import type Database from "better-sqlite3";
import type { Kysely } from "kysely";
import { Migrator } from "kysely/migration";
import { ensureKnown, migrations } from "../migrations/index.ts";
import type { Tables } from "../tables.ts";
import { openConnection } from "./connection.ts";
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
  if (nextFor(appliedTo(writer), file) === undefined) return;
  // From here on nobody else changes the tables, and others may have done so before.
  writer.exec("begin immediate");
  try {
    const applied = appliedTo(writer);
    const next = nextFor(applied, file);
    if (next !== undefined && applied.length > 0) keepBefore(file, `${file}-before-${next}`);
    if (next !== undefined) await migrateAll(kysely, file);
    writer.exec("commit");
  } catch (error) {
    // Some errors have ended it already.
    if (writer.inTransaction) writer.exec("rollback");
    throw error;
  }
}

async function migrateAll(kysely: Kysely<Tables>, file: string): Promise<void> {
  const provider = { getMigrations: async () => MIGRATIONS };
  const { error } = await new Migrator({ db: kysely, provider }).migrateToLatest();
  if (error !== undefined) throw new Error(`the database ${file} could not be migrated`, { cause: error });
}

/** The migration that is to come next, undefined when there is none. Errors: `usage` when a newer version was here. */
function nextFor(applied: readonly string[], file: string): string | undefined {
  ensureKnown(applied, MIGRATIONS, file);
  return Object.keys(MIGRATIONS).find((name) => !applied.includes(name));
}

/** The names of the migrations that the database has had, in order; none where there are no tables yet. */
export function appliedTo(database: Database.Database): readonly string[] {
  const table = database.prepare("select 1 from sqlite_schema where name = 'kysely_migration'").get();
  if (table === undefined) return [];
  return database.prepare<[], string>("select name from kysely_migration order by name").pluck().all();
}

/** In the place of a copy that was made before a migration which came to nothing: rows may have changed since. */
function keepBefore(file: string, copy: string): void {
  const reader = openConnection(file);
  try {
    copyDatabase(reader, copy);
  } finally {
    reader.close();
  }
}
