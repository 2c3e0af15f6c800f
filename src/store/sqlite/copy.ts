/** Copies of a database, of one moment, while others work on it. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import { StoreFull } from "../../base/store-errors.ts";
import { isFull } from "./full.ts";

/**
 * Writes a copy of the database into a file, for its owner alone, whole or not at all: of what its rows hold now, and
 * nothing of what they held before. `change` may change the copy before it has its name, and then `seal` its file.
 *
 * Errors: StoreFull; SQLite's; those of the file system; `change`'s and `seal`'s.
 */
export function copyDatabase(
  from: Database.Database,
  file: string,
  change: (copy: Database.Database) => void = () => {},
  seal: (file: string) => void = () => {},
): void {
  const unfinished = `${file}.new`;
  try {
    // What one left that was killed, with what SQLite made beside it.
    for (const left of [unfinished, `${unfinished}-journal`]) rmSync(left, { force: true });
    // SQLite writes into a file that is there and empty, and leaves its mode as it is.
    closeSync(openSync(unfinished, "wx", 0o600));
    from.prepare("vacuum into ?").run(unfinished);
    changeWhole(unfinished, change);
    seal(unfinished);
    sync(unfinished);
    renameSync(unfinished, file);
    sync(dirname(file));
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw isFull(error) ? new StoreFull({ cause: error }) : error;
  }
}

function changeWhole(file: string, change: (copy: Database.Database) => void): void {
  const copy = new Database(file);
  try {
    // A copy that is not whole is thrown away, so that it needs no journal; what is changed in it leaves no trace.
    copy.pragma("journal_mode = OFF");
    copy.pragma("secure_delete = ON");
    change(copy);
  } finally {
    copy.close();
  }
}

function sync(path: string): void {
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
