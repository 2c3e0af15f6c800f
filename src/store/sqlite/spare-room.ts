/**
 * Room on the disk that the database keeps for itself, so that a full disk keeps nobody from ending and destroying what
 * takes it: free pages within the database, and a write-ahead log that is never shorter than so much. Neither needs
 * anything of the disk when it is used, and nobody else can take it. Both come of one transaction, which fills free
 * pages with zeroes: as the first of a log that was begun anew it also writes over all that the log has held, such as
 * the key of a drive that was destroyed.
 *
 * SQLite removes the log when the last process closes the database. Until the next one opens it, a file beside it holds
 * the room. On a file system that writes nothing in place (btrfs, ZFS) only that system's own reserve helps.
 */
import { closeSync, existsSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import type Database from "better-sqlite3";
import { backoff } from "../../base/backoff.ts";
import { StoreFull } from "../../base/store-errors.ts";

const PAGE_BYTES = 4096;
/** What a page takes in the log, with its header (SQLite's file format, 4.1). */
const FRAME_BYTES = PAGE_BYTES + 24;
/** What an overflow page holds of a value (SQLite's file format, 1.6). */
const PAYLOAD_BYTES = PAGE_BYTES - 4;

/** How many free pages there are to be. A transaction that ends something takes few or none. */
const SPARE_PAGES = 256;
/** Below these, pages are freed anew. */
const FEW_PAGES = 64;
/** With fewer, the log is not written over. */
const LEAST_PAGES = 16;
/** A log that has grown is cut to this when it is begun anew: less than the spare pages take in it, so that these cover it. */
export const LOG_LIMIT_BYTES = (SPARE_PAGES - 6) * FRAME_BYTES;

/** Below so much of free disk, nothing is recorded that makes the store larger. */
const LEAST_FREE_BYTES = 8 * 2 ** 20;
/** The file that holds the room while no process has the database open: for the log, its index and what SQLite begins with. */
const FILE_BYTES = 2 * 2 ** 20;

/** How soon after opening the room is made: a process that ends before needs none. */
const FIRST_MS = 1_000;
/** How soon what was erased is written over, and how soon that is tried again while another process reads the log. */
const SOON_MS = 100;
const LONGEST_PAUSE_MS = 1_000;

export class SpareRoom {
  readonly #file: string;
  readonly #connection: Database.Database;
  readonly #freePages: Database.Statement<[], number>;
  #timer: NodeJS.Timeout | undefined;
  #dueMs = Number.POSITIVE_INFINITY;
  #failed = 0;
  /** Whether the log has something that is to be written over. */
  #erasing = false;

  /**
   * @param file the database's
   * @param connection of its own
   */
  constructor(file: string, connection: Database.Database) {
    this.#file = file;
    this.#connection = connection;
    // Nobody waits for it: what cannot be done now is tried again.
    connection.pragma("busy_timeout = 0");
    // Else the log would be begun anew in the middle of what is to cover it.
    connection.pragma("wal_autocheckpoint = 0");
    // All that a transaction changes is written once, at its end.
    connection.pragma(`cache_size = ${4 * SPARE_PAGES}`);
    this.#freePages = connection.prepare<[], number>("pragma freelist_count").pluck();
    if (isShort(file)) this.#keep();
    else this.#later(FIRST_MS);
  }

  /** To be called before a commit that makes the store larger. Errors: StoreFull. */
  ensure(): void {
    if (isShort(this.#file)) throw new StoreFull();
    if (this.#pages() < FEW_PAGES) this.#later(SOON_MS);
  }

  /** Writes soon over all that the log has held and the database does not hold any more. */
  eraseSoon(): void {
    this.#erasing = true;
    this.#later(SOON_MS);
  }

  /** Has the log written from its beginning again. Answers whether that can be: nobody reads or writes it now. */
  restartLog(): boolean {
    const [state] = this.#connection.pragma("wal_checkpoint(RESTART)") as { busy: number }[];
    return state?.busy === 0;
  }

  /** To be called first when the store is closed. */
  close(): void {
    // Another process may keep the log, and does not know what is to go from it.
    if (this.#erasing) this.#keep();
    clearTimeout(this.#timer);
    this.#connection.close();
  }

  /** Sees to the room after so long, or before where that is due already. */
  #later(ms: number): void {
    const dueMs = performance.now() + ms;
    if (dueMs >= this.#dueMs) return;
    clearTimeout(this.#timer);
    this.#dueMs = dueMs;
    this.#timer = setTimeout(() => {
      this.#dueMs = Number.POSITIVE_INFINITY;
      this.#keep();
    }, ms).unref();
  }

  /** Frees pages, and writes over the log; where that cannot be done now it is tried again. */
  #keep(): void {
    if (this.#tryToKeep()) {
      this.#failed = 0;
      this.#erasing = false;
    } else {
      this.#later(backoff(++this.#failed, SOON_MS, LONGEST_PAUSE_MS));
    }
  }

  #tryToKeep(): boolean {
    try {
      giveBackReserve(this.#file);
      return this.#writeOver();
    } catch {
      // Somebody writes, or the disk is full: whatever it is, nothing hangs on it now, and it is tried again.
      return false;
    }
  }

  #writeOver(): boolean {
    // On a full disk with the free pages that there are, however often that takes.
    const pages = isShort(this.#file) ? Math.min(SPARE_PAGES, this.#pages() - 2) : SPARE_PAGES;
    if (pages < LEAST_PAGES || !this.restartLog()) return false;
    for (let written = 0; written < SPARE_PAGES; written += pages) this.#fill(pages);
    // The database has grown on the disk, too, before anybody relies on its pages.
    return this.restartLog();
  }

  #fill(pages: number): void {
    this.#connection
      .transaction(() => {
        this.#connection.exec("create table if not exists padding (bytes blob not null)");
        this.#connection.prepare("insert into padding values (zeroblob(?))").run(pages * PAYLOAD_BYTES);
        this.#connection.exec("delete from padding");
      })
      .immediate();
  }

  #pages(): number {
    return this.#freePages.get() ?? 0;
  }
}

/** Whether the disk has too little room for what makes the store larger. */
export function isShort(file: string): boolean {
  const { bavail, bsize } = statfsSync(dirname(file));
  return bavail * bsize < LEAST_FREE_BYTES;
}

const reserveOf = (file: string) => `${file}-reserve`;

/** Gives back to the disk what was held while no process had the database open, for a process that opens it. */
export function giveBackReserve(file: string): void {
  rmSync(reserveOf(file), { force: true });
}

/**
 * Holds room for the next process that opens the database, if this was the last that had it open: as much as there is.
 * Errors: none.
 */
export function holdReserve(file: string): void {
  if (existsSync(`${file}-wal`) || existsSync(reserveOf(file))) return;
  try {
    const descriptor = openSync(reserveOf(file), "w", 0o600);
    try {
      const bytes = Buffer.alloc(64 * 1024, 1);
      for (let written = 0; written < FILE_BYTES; ) written += writeSync(descriptor, bytes);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    // What was written is held.
  }
}
