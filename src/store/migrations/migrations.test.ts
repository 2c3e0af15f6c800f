import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
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

/** A home that an earlier version made, with those rows in it. */
async function earlierHome(t: TestContext, rows: string) {
  const home = await freshHome(t);
  const database = new Database(home.file("lodge.db"));
  database.exec(readFileSync(EARLIER_HOME, "utf8"));
  database.exec(`insert into users values ('u1', 'ann', '', 4294967296); ${rows}`);
  database.close();
  return home;
}

test("a home whose tables an earlier version made has those of a new one once it was opened, and its rows", async (t) => {
  const [home, fresh] = [await earlierHome(t, ""), await freshHome(t)];
  const store = await openStore(home);
  const users = await store.snapshot((tx) => tx.selectFrom("users").select(["uuid", "created"]).execute());
  await store.close();
  assert.deepEqual(users.at(-1), { uuid: "u1", created: 4_294_967_296 });
  await (await openStore(fresh)).close();
  const [shape, wanted] = [home, fresh].map((each) => sqliteLines(each.file("lodge.db"), SQLITE_SHAPE));
  assert.deepEqual(shape, wanted);
});

test("what an earlier version was at becomes operations that are due, and what it gave away is counted", async (t) => {
  const drive = (uuid: string, phase: string, wanted: string) =>
    `insert into drives (uuid, user, phase, size_bytes, wanted_size_bytes, cipher, claim_type, properties)
       values ('${uuid}', 'u1', '${phase}', 1000, ${wanted}, 'none', 'exclusive', '{}');`;
  const server = (uuid: string, phase: string, run: string) =>
    `insert into servers (uuid, user, phase, config, run)
       values ('${uuid}', 'u1', '${phase}', '{"name":"s","cpu":500,"mem":64}', ${run});`;
  const home = await earlierHome(
    t,
    `${drive("made", "creating", "null")} ${drive("gone", "destroying", "null")} ${drive("ready", "ready", "null")}
     ${drive("grown", "ready", "3000")} ${drive("target", "ready", "null")}
     ${server("off", "stopped", "null")} ${server("on", "active", "'{}'")} ${server("begun", "starting", "'{}'")}
     insert into imagings (target, source, state) values ('target', 'ready', 'running');`,
  );
  const store = await openStore(home);
  const { operations, hosts, imagings } = await store.snapshot(async (tx) => ({
    operations: await tx.selectFrom("operations").selectAll().orderBy("object").execute(),
    hosts: await tx.selectFrom("hosts").selectAll().execute(),
    imagings: await tx.selectFrom("imagings").select(["target", "state"]).execute(),
  }));
  await store.close();
  assert.deepEqual(
    operations.map(({ object, action, owner, next_try_ms }) => [object, action, owner, next_try_ms]),
    [
      ["begun", "start", null, 0],
      ["gone", "destroy", null, 0],
      ["grown", "resize", null, 0],
      ["made", "create", null, 0],
      ["target", "copy", null, 0],
    ],
  );
  assert.deepEqual(JSON.parse(operations[2]?.params ?? ""), { sizeBytes: 3000 });
  assert.deepEqual(imagings, [{ target: "target", state: "queued" }]);
  assert.equal(hosts.length, 1);
  const { allocated_disk_bytes, allocated_mem_mib, allocated_mhz } = hosts[0] ?? assert.fail();
  assert.deepEqual([allocated_disk_bytes, allocated_mem_mib, allocated_mhz], [7000, 128, 1000]);
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
