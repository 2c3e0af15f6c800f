import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import Database from "better-sqlite3";
import { freshDatabase, freshHome, lacking, sharedPostgres } from "../../../testing/stores.ts";
import { openStore } from "../open.ts";

/** The names of all columns and indexes, a line each. */
const POSTGRES_SHAPE = `
  select line from (
    select table_name || '.' || column_name || ' ' || is_nullable as line from information_schema.columns
      where table_schema = 'public' and table_name not like 'kysely%'
    union all select tablename || ' index ' || indexname from pg_indexes
      where schemaname = 'public' and tablename not like 'kysely%' and indexname not like '%\\_key' and indexname not like '%\\_pkey'
  ) as lines order by line collate "C"`;

const SQLITE_SHAPE = `
  select t.name || '.' || c.name || ' ' || iif(c."notnull" or c.pk, 'NO', 'YES') as line
    from sqlite_schema t, pragma_table_info(t.name) c
    where t.type = 'table' and t.name not like 'kysely%' and t.name not like 'sqlite%'
  union all select tbl_name || ' index ' || name from sqlite_schema
    where type = 'index' and name not like 'sqlite%' and tbl_name not like 'kysely%'
  order by line`;

function sqliteLines(file: string, statement: string): string[] {
  const database = new Database(file);
  try {
    return database.prepare<[], string>(statement).pluck().all();
  } finally {
    database.close();
  }
}

/** The tables of a home as the version before PostgreSQL left it, after its fourth migration. */
const EARLIER_HOME = join(import.meta.dirname, "home-0004.sql");

test("a home whose tables an earlier version made opens unchanged, rows and all", async (t) => {
  const home = await freshHome(t);
  const database = new Database(home.file("lodge.db"));
  database.exec(readFileSync(EARLIER_HOME, "utf8"));
  database.exec("insert into users values ('u1', 'ann', '', 4294967296)");
  database.close();
  const declared = () =>
    sqliteLines(home.file("lodge.db"), "select sql from sqlite_schema where sql is not null order by name");
  const before = declared();
  const store = await openStore(home);
  const users = await store.snapshot((tx) => tx.selectFrom("users").select(["uuid", "created"]).execute());
  await store.close();
  assert.deepEqual(users.at(-1), { uuid: "u1", created: 4_294_967_296 });
  assert.deepEqual(declared(), before);
});

describe("the migrations on PostgreSQL", { skip: lacking("postgres") }, () => {
  const nameOf = (url: string) => url.slice(url.lastIndexOf("/") + 1);

  test("make the tables that they make on SQLite", async (t) => {
    const [embedded, home] = [await freshHome(t), await freshHome(t)];
    const url = await freshDatabase();
    await (await openStore(embedded)).close();
    await (await openStore(home, url)).close();
    const made = await (await sharedPostgres()).psql(POSTGRES_SHAPE, nameOf(url));
    assert.deepEqual(made.split("\n"), sqliteLines(embedded.file("lodge.db"), SQLITE_SHAPE));
    assert.ok(made.includes("drives.serial NO"), made);
  });

  test("are made once when many open a new database at once", async (t) => {
    const home = await freshHome(t);
    const url = await freshDatabase();
    const stores = await Promise.all(Array.from({ length: 4 }, () => openStore(home, url)));
    const users = await stores[3]?.snapshot((tx) => tx.selectFrom("users").select("name").execute());
    await Promise.all(stores.map((store) => store.close()));
    assert.deepEqual(users, [{ name: "standard images" }]);
  });

  test("are made all or none: one that fails leaves nothing, and is made when what failed it is gone", async (t) => {
    const home = await freshHome(t);
    const url = await freshDatabase();
    const server = await sharedPostgres();
    // The last of them finds its table there already.
    await server.psql("create table vlan_nics (other int)", nameOf(url));
    const tables = "select string_agg(tablename, ' ') from pg_tables where schemaname = 'public'";
    await assert.rejects(openStore(home, url), { message: /could not be migrated/ });
    assert.equal(await server.psql(tables, nameOf(url)), "vlan_nics");
    await server.psql("drop table vlan_nics", nameOf(url));
    await (await openStore(home, url)).close();
    assert.match(await server.psql(tables, nameOf(url)), /vlan_nics/);
  });
});
