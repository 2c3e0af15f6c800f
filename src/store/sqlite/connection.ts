/** Connections to the database file, and the query builder on one. */
import { closeSync, openSync } from "node:fs";
import Database from "better-sqlite3";
import { Kysely, type LimitNode, SqliteDialect, SqliteQueryCompiler, ValueNode } from "kysely";
import type { Tables } from "../tables.ts";
import { LOG_LIMIT_BYTES } from "./spare-room.ts";

/** What was committed survives a loss of power. */
export const SYNCED = "synchronous = FULL";
/** How long a writer waits for another process (`lodge user create`) to finish its transaction. */
const BUSY_TIMEOUT_MS = 10_000;

/** Opens the file for reading and writing, making it where there is none. Errors: SQLite's. */
export function openConnection(file: string): Database.Database {
  // It holds what users call their machines, and VNC passwords: for its owner alone, from the first moment.
  closeSync(openSync(file, "a", 0o600));
  const database = new Database(file, { timeout: BUSY_TIMEOUT_MS });
  try {
    database.pragma("journal_mode = WAL");
    database.pragma(`journal_size_limit = ${LOG_LIMIT_BYTES}`);
    database.pragma(SYNCED);
    database.pragma("foreign_keys = ON");
    // What a row held is overwritten with it: the secret of a destroyed drive is nowhere in the database then.
    database.pragma("secure_delete = ON");
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Opens the file for reading alone. Errors: SQLite's. */
export function openReader(file: string): Database.Database {
  const reader = openConnection(file);
  reader.pragma("query_only = true");
  return reader;
}

/**
 * A query builder that prepares each SQL text once.
 *
 * @param begin how transactions begin: one that reads first and writes later takes the write lock as it begins, since
 *   its snapshot could otherwise be overtaken by another process
 */
export function kyselyOn(database: Database.Database, begin: "begin" | "begin immediate"): Kysely<Tables> {
  const statements = new Map<string, Database.Statement>();
  return new Kysely<Tables>({
    dialect: new Dialect({
      database: {
        close: () => database.close(),
        prepare(sql) {
          // A full disk has ended the transaction already: another rollback would fail, and hide why.
          if (sql === "rollback" && !database.inTransaction) return NOTHING_TO_DO;
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

class Dialect extends SqliteDialect {
  override createQueryCompiler(): SqliteQueryCompiler {
    return new Compiler();
  }
}

/**
 * SQLite plans by the value of a parameter that is a limit, and so prepares the statement anew each time that one is bound,
 * which takes longer than to run it. It does not do so by a number in the text, nor by what is reckoned.
 */
class Compiler extends SqliteQueryCompiler {
  protected override visitLimit({ limit }: LimitNode): void {
    this.append("limit ");
    if (ValueNode.is(limit) && typeof limit.value === "number") {
      this.appendImmediateValue(limit.value);
    } else {
      this.visitNode(limit);
      this.append(" + 0");
    }
  }
}

const NOTHING_TO_DO = {
  reader: false,
  all: () => [],
  run: () => ({ changes: 0, lastInsertRowid: 0 }),
  iterate: () => [][Symbol.iterator](),
};
