/** Fresh stores for tests, on either engine. Where PostgreSQL is not installed, its tests are reported as skipped. */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, type TestContext } from "node:test";
import { openStore, type StoreHome } from "../src/store/open.ts";
import { openPostgresStore } from "../src/store/postgres/postgres-store.ts";
import type { Store } from "../src/store/store.ts";
import { type PostgresServer, postgresPrograms, startPostgres } from "./postgres.ts";

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
 * both; a run on PostgreSQL, whose own tests are others, takes several times as long.
 */
export const stateRuns = (onSqlite: number): number =>
  chosen === "sqlite" ? onSqlite : Math.ceil(onSqlite / 4);

let server: Promise<PostgresServer> | undefined;
after(async () => (await server)?.close());

/** The one server of this file, started when a test first asks for it. */
export function sharedPostgres(): Promise<PostgresServer> {
  server ??= startPostgres();
  return server;
}

/** A database without tables on the shared server; answers its URL. It goes with the server. */
export async function freshDatabase(): Promise<string> {
  const name = `lodge_${randomBytes(6).toString("hex")}`;
  const postgres = await sharedPostgres();
  await postgres.createDatabase(name);
  return postgres.url(name);
}

/** URLs of databases of tests that have ended, with all tables: to empty one takes a tenth of what it takes to make one. */
const idle: string[] = [];

/** Keeps what migrations wrote into tables. */
const KEEP_FIRST_ROWS = `create schema first_rows;
do $$ declare name text; begin
  for name in select tablename from pg_tables where schemaname = 'public' loop
    execute format('create table first_rows.%1$I as select * from public.%1$I', name);
  end loop;
end $$`;

/** Brings tables back to that; whatever an ended test left open is ended. */
const EMPTY = `do $$ declare name text; begin
  perform pg_terminate_backend(pid, 10000) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid();
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

/** The URL of a database in which there is what migrations make. */
async function migratedDatabase(): Promise<string> {
  const postgres = await sharedPostgres();
  const used = idle.pop();
  if (used !== undefined) {
    await postgres.psql(EMPTY, databaseName(used));
    return used;
  }
  const made = await freshDatabase();
  await (await openPostgresStore(made)).close();
  await postgres.psql(KEEP_FIRST_ROWS, databaseName(made));
  return made;
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
  if (engine === "sqlite") return () => openStore(home);
  const url = await migratedDatabase();
  t.after(() => idle.push(url));
  return () => openStore(home, url);
}
