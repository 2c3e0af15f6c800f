/**
 * One daemon a home: a lock that the system gives back whenever its holder ends, kill -9 included. It is SQLite's own
 * lock on an empty database, as Node has none for files.
 */
import Database from "better-sqlite3";
import { failed } from "./errors.ts";

/**
 * Takes the lock, or answers null when another process holds it. The function that it returns gives it back. Errors: the
 * file system's; `failed` where the file is no lock.
 */
export function takeLock(file: string): (() => void) | null {
  const database = new Database(file, { timeout: 0 });
  try {
    database.pragma("locking_mode = EXCLUSIVE");
    // Nothing is written, so that it can be taken on a full disk.
    database.pragma("journal_mode = MEMORY");
    database.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if (error instanceof Database.SqliteError && error.code === "SQLITE_BUSY") return null;
    const isDamaged = error instanceof Database.SqliteError && error.code === "SQLITE_NOTADB";
    if (isDamaged) throw failed(`${file} is damaged: remove it, there is nothing in it`, { cause: error });
    throw error;
  }
  return () => database.close();
}
