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
export async function freshDatabase(template?: string): Promise<string> {
  const name = `lodge_${randomBytes(6).toString("hex")}`;
  const postgres = await sharedPostgres();
  await postgres.createDatabase(name, template);
  return postgres.url(name);
}

/** One with all tables, to copy: that takes a tenth of what it takes to migrate another. */
let template: Promise<string> | undefined;

async function migratedDatabase(): Promise<string> {
  const url = await freshDatabase();
  await (await openPostgresStore(url)).close();
  return databaseName(url);
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
  template ??= migratedDatabase();
  const url = await freshDatabase(await template);
  return () => openStore(home, url);
}
