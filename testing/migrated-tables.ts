/** The embedded database as migrations make it, for tests that would make the same tables again and again. */
import Database from "better-sqlite3";
import { kyselyOn } from "../src/store/sqlite/connection.ts";
import { migrate } from "../src/store/sqlite/migrate.ts";

const MEMORY = ":memory:";

let made: Promise<Buffer> | undefined;

/** The bytes of a database that has all tables, and what migrations write into them: to make those takes most of a first opening. */
export function migratedTables(): Promise<Buffer> {
  made ??= make();
  return made;
}

async function make(): Promise<Buffer> {
  const database = new Database(MEMORY);
  const kysely = kyselyOn(database, "begin immediate");
  await migrate(MEMORY, database, kysely);
  const bytes = database.serialize();
  await kysely.destroy();
  return bytes;
}
