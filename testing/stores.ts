/** Fresh stores for tests, on either engine. Where PostgreSQL is not installed, its tests are reported as skipped. */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, type TestContext } from "node:test";
import { openStore, type StoreHome } from "../src/store/open.ts";
import { Connector } from "../src/store/postgres/connector.ts";
import { parseDatabaseUrl } from "../src/store/postgres/database-url.ts";
import { openPostgresStore } from "../src/store/postgres/postgres-store.ts";
import type { Session } from "../src/store/postgres/session.ts";
import type { Store } from "../src/store/store.ts";
import { migratedTables } from "./migrated-tables.ts";
import { lackingPgbouncer, type Pooler, startPgbouncer } from "./pgbouncer.ts";
import { type PostgresServer, postgresPrograms, startPostgres } from "./postgres.ts";
import { manyOf } from "./share.ts";

export type Engine = "sqlite" | "postgres";

export const ENGINES: readonly Engine[] = ["sqlite", "postgres"];

/** Why the tests of an engine do not run here; false when they do. For the option `skip` of a test. */
export function lacking(engine: Engine): string | false {
  return engine === "postgres" && postgresPrograms() === null
    ? "PostgreSQL is not installed (Debian's package postgresql)"
    : false;
}

let chosen: Engine = process.env.LODGE_TEST_ENGINE === "postgres" ? "postgres" : "sqlite";

/** On which engine the state clouds of this process are: SQLite, unless `LODGE_TEST_ENGINE` or a file of tests says otherwise. */
export const chosenEngine = (): Engine => chosen;

export function chooseEngine(engine: Engine): void {
  chosen = engine;
}

/**
 * How many runs a property test of state has on the chosen engine. It looks for faults of the rules, which are the same on
 * both; a run on PostgreSQL, whose own tests are others, takes several times as long. The share has a third.
 */
export const stateRuns = (onSqlite: number): number =>
  Math.ceil(manyOf(onSqlite, onSqlite / 3) / (chosen === "sqlite" ? 1 : 4));

let server: Promise<PostgresServer> | undefined;
let pooler: Promise<Pooler> | undefined;
after(async () => {
  for (const { tidier } of idle) await tidier.end();
  await (await pooler)?.close();
  await (await server)?.close();
});

/** The one server of this file, started when a test first asks for it. */
export function sharedPostgres(): Promise<PostgresServer> {
  server ??= startPostgres();
  return server;
}

/**
 * The URL by which the tests of state reach a database of the shared server: of a pooler, whose sessions they take in turn. A new
 * session of the server's, a process with nothing in its caches, costs as much as half a test.
 */
async function pooledUrl(database: string): Promise<string> {
  const direct = await sharedPostgres();
  if (lackingPgbouncer() !== false) return direct.url(database);
  pooler ??= startPgbouncer(direct, "session");
  return (await pooler).url(database);
}

/** A database without tables on the shared server; answers its URL. It goes with the server. */
export async function freshDatabase(): Promise<string> {
  const name = `lodge_${randomBytes(6).toString("hex")}`;
  const postgres = await sharedPostgres();
  await postgres.createDatabase(name);
  return postgres.url(name);
}

/** A database with all tables, and the session that empties it: a program for each time takes as long as all else of that. */
type MigratedDatabase = { readonly url: string; readonly tidier: Session };

/** Those of tests that have ended: to empty one takes a tenth of what it takes to make one. */
const idle: MigratedDatabase[] = [];

/** The server may be busy with as many tests as run side by side. */
const TIDY_TIMEOUT_MS = 60_000;

/** Keeps what migrations wrote into tables. */
const KEEP_FIRST_ROWS = `create schema first_rows;
do $$ declare name text; begin
  for name in select tablename from pg_tables where schemaname = 'public' loop
    execute format('create table first_rows.%1$I as select * from public.%1$I', name);
  end loop;
end $$`;

/** Brings tables back to that; whatever an ended test left under way is ended. */
const EMPTY = `do $$ declare name text; begin
  perform pg_terminate_backend(pid, 10000) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle';
  perform set_config('session_replication_role', 'replica', true);
  for name in select tablename from pg_tables where schemaname = 'public' loop
    if pg_relation_size(format('public.%I', name)) < 100000 then execute format('delete from public.%I', name);
    else execute format('truncate public.%I cascade', name);
    end if;
  end loop;
  for name in select tablename from pg_tables where schemaname = 'first_rows' loop
    execute format('insert into public.%1$I select * from first_rows.%1$I', name);
  end loop;
end $$`;

/** A database in which there is what migrations make, and nothing else. */
async function migratedDatabase(): Promise<MigratedDatabase> {
  const used = idle.pop();
  if (used !== undefined) {
    await used.tidier.script(EMPTY);
    return used;
  }
  const url = await freshDatabase();
  await (await openPostgresStore(url)).close();
  const connector = new Connector(parseDatabaseUrl(url));
  const tidier = await connector.open({ statementTimeoutMs: TIDY_TIMEOUT_MS });
  await tidier.script(KEEP_FIRST_ROWS);
  return { url, tidier };
}

/** The name of the database of a URL. */
export const databaseName = (url: string): string => url.slice(url.lastIndexOf("/") + 1);

/** A home of a test's own, without anything in it. */
export async function freshHome(t: Pick<TestContext, "after">): Promise<StoreHome> {
  const dir = await mkdtemp(join(tmpdir(), "lodge-store-"));
  t.after(() => rm(dir, { recursive: true }));
  return { file: (name) => join(dir, name) };
}

/** A store of a test's own, to be opened any number of times, as several processes do; who opens it closes it. */
export async function freshStore(
  t: Pick<TestContext, "after">,
  engine: Engine,
): Promise<() => Promise<Store>> {
  const home = await freshHome(t);
  if (engine === "sqlite") {
    await writeFile(home.file("lodge.db"), await migratedTables(), { mode: 0o600 });
    return () => openStore(home);
  }
  const database = await migratedDatabase();
  t.after(() => idle.push(database));
  const url = await pooledUrl(databaseName(database.url));
  return () => openStore(home, url);
}
