/**
 * The embedded store: SQLite in WAL mode with full synchronous commits, so that a transaction that was answered
 * survives a power failure.
 */
import { setTimeout as delay } from "node:timers/promises";
import type Database from "better-sqlite3";
import type { Kysely } from "kysely";
import { takeLock } from "../../base/file-lock.ts";
import { StoreFull } from "../../base/store-errors.ts";
import { compileQuery } from "../compiled-query.ts";
import { Listeners } from "../listeners.ts";
import type { BuildQuery, QueryParams, Store, StoreLock, TransactionOptions, Tx } from "../store.ts";
import type { Tables } from "../tables.ts";
import { kyselyOn, openConnection, openReader, SYNCED } from "./connection.ts";
import { damaged, isDamage } from "./damage.ts";
import { isFull } from "./full.ts";
import { migrate } from "./migrate.ts";
import { LOOK_AFTER_MS, RowCache } from "./row-cache.ts";
import { giveBackReserve, holdReserve, isShort, SpareRoom } from "./spare-room.ts";

/** How often a transaction that finds no room in the log waits for those who read it, and for how long. */
const TRIES = 50;
const PAUSE_MS = 20;

/**
 * Opens the database file, making and migrating it as needed. Errors: `failed`, the file is damaged; SQLite's; `StoreFull`;
 * those of `migrate`.
 *
 * @param lockFile what `lock` locks, whatever the name: one daemon works with an embedded store
 */
export async function openSqliteStore(files: {
  readonly file: string;
  readonly lockFile: string;
}): Promise<Store> {
  try {
    return await open(files);
  } catch (error) {
    if (isDamage(error)) throw damaged(files.file, error);
    throw isFull(error) ? new StoreFull({ cause: error }) : error;
  }
}

async function open(files: { readonly file: string; readonly lockFile: string }): Promise<Store> {
  const { file } = files;
  // What a process that opens the database takes of the disk before it can do anything.
  if (isShort(file)) giveBackReserve(file);
  const writer = openConnection(file);
  const kysely = kyselyOn(writer, "begin immediate");
  try {
    await migrate(file, writer, kysely);
    return new SqliteStore(files, kysely, writer);
  } catch (error) {
    await kysely.destroy();
    writer.close();
    throw error;
  }
}

class SqliteStore implements Store {
  readonly #writer: Kysely<Tables>;
  /** That of the writer. */
  readonly #connection: Database.Database;
  /** Reads on the request path have a connection of their own: they never wait for a transaction. */
  readonly #reader: Database.Database;
  /** Snapshots have another, since queries on theirs would see the snapshot. */
  readonly #snapshots: Kysely<Tables>;
  readonly #cache: RowCache;
  readonly #listeners = new Listeners();
  readonly #file: string;
  readonly #lockFile: string;
  readonly #room: SpareRoom;
  /** How many rows the writer has changed since it was opened. */
  readonly #changes: Database.Statement<[], number>;
  readonly #connections: readonly Database.Database[];
  #committedAt = -Infinity;

  /** @param connection that of `writer` */
  constructor(
    { file, lockFile }: { file: string; lockFile: string },
    writer: Kysely<Tables>,
    connection: Database.Database,
  ) {
    this.#writer = writer;
    this.#connection = connection;
    this.#reader = openReader(file);
    const snapshots = openReader(file);
    this.#snapshots = kyselyOn(snapshots, "begin");
    this.#connections = [this.#reader, snapshots, connection];
    this.#file = file;
    this.#lockFile = lockFile;
    this.#room = new SpareRoom(file, openConnection(file));
    this.#changes = connection.prepare<[], number>("select total_changes()").pluck();
    const version = this.#reader.prepare<[], number>("pragma data_version").pluck();
    this.#cache = new RowCache(() => version.get() ?? 0);
  }

  async transaction<T>(
    work: (tx: Tx) => Promise<T>,
    { grows = false, erases = false, durable = true, onChange }: TransactionOptions = {},
  ): Promise<T> {
    const run = (writer: Kysely<Tables>) =>
      writer.transaction().execute(async (tx) => {
        const before = this.#changes.get();
        const done = await work(tx);
        if (this.#changes.get() === before) return done;
        await onChange?.(tx);
        if (grows) this.#room.ensure();
        return done;
      });
    const result = await this.#withRoom(() => (durable ? run(this.#writer) : this.#unsynced(run)));
    this.#cache.forget();
    this.#committedAt = performance.now();
    if (erases) this.#room.eraseSoon();
    return result;
  }

  /** Commits to the write-ahead log without a sync of it; the next commit with one syncs all that is there before it. */
  #unsynced<T>(run: (writer: Kysely<Tables>) => Promise<T>): Promise<T> {
    return this.#writer.connection().execute(async (writer) => {
      this.#connection.pragma("synchronous = NORMAL");
      try {
        return await run(writer);
      } finally {
        this.#connection.pragma(SYNCED);
      }
    });
  }

  /** Makes an attempt again that found no room in the log, once the log is written from its beginning. Errors: StoreFull. */
  async #withRoom<T>(attempt: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await attempt();
      } catch (error) {
        if (!isFull(error)) throw error;
        if (tries > 1) throw new StoreFull({ cause: error });
      }
      for (let waited = 0; !this.#room.restartLog(); waited++) {
        if (waited === TRIES) throw new StoreFull();
        await delay(PAUSE_MS);
      }
    }
  }

  snapshot<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#snapshots.transaction().execute(work);
  }

  query<Params extends QueryParams, Row>(build: BuildQuery<Params, Row>) {
    const { sql, values, key } = compileQuery(this.#writer, build);
    const statement = this.#reader.prepare<unknown[], Row>(sql);
    const cache = this.#cache;
    const results = cache.open();
    return (params: Params) =>
      cache.rows(results, key(params), () => statement.all(...values(params))) as readonly Row[];
  }

  ring(topic: string): void {
    this.#listeners.notify(topic);
  }

  listen(topic: string, listener: () => void): () => void {
    return this.#listeners.add(topic, listener);
  }

  async lock(): Promise<StoreLock | null> {
    const release = takeLock(this.#lockFile);
    if (release === null) return null;
    // The system takes it from nobody who lives.
    return { lost: new Promise(() => {}), release: async () => release() };
  }

  async close(): Promise<void> {
    // Part of the row cache's rule: other processes have seen the last commit when this one ends.
    await delay(Math.max(0, this.#committedAt + LOOK_AFTER_MS - performance.now()));
    this.#room.close();
    await Promise.all([this.#snapshots.destroy(), this.#writer.destroy()]);
    // Kysely closes no connection that it never used, and the one that is left keeps the write-ahead log, with all that
    // was in it, beside the database.
    for (const connection of this.#connections) connection.close();
    holdReserve(this.#file);
  }
}
