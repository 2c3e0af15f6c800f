import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import Database from "better-sqlite3";
import { databaseName, freshDatabase, freshHome, lacking, sharedPostgres } from "../../../testing/stores.ts";
import { vlanMac } from "../../servers/nics.ts";
import { openStore } from "../open.ts";

/**
 * The names of all columns and indexes, a line each; but for the lists of events, which are tables on the one engine, and views
 * with indexes of what is below them on the other.
 */
const POSTGRES_SHAPE = `
  select line from (
    select table_name || '.' || column_name || ' ' || is_nullable as line from information_schema.columns
      where table_schema = 'public' and table_name not like 'kysely%' and table_name not like 'events\\_of\\_%'
    union all select tablename || ' index ' || indexname from pg_indexes
      where schemaname = 'public' and tablename not in ('events') and tablename not like 'kysely%' and indexname not like '%\\_key' and indexname not like '%\\_pkey'
  ) as lines order by line collate "C"`;

const SQLITE_SHAPE = `
  select t.name || '.' || c.name || ' ' || iif(c."notnull" or c.pk, 'NO', 'YES') as line
    from sqlite_schema t, pragma_table_info(t.name) c
    where t.type = 'table' and t.name not like 'kysely%' and t.name not like 'sqlite%' and t.name not like 'events_of_%'
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

/**
 * A drive that is being resized, one that is being destroyed, a server that runs, one that is being started, one in a VLAN
 * and one that is damaged.
 */
const EARLIER_ROWS = `
  insert into users values ('u1', 'ann', '', 4294967296);
  insert into drives (uuid, user, phase, size_bytes, wanted_size_bytes, cipher, claim_type, properties) values
    ('d1', 'u1', 'ready', 1048576, 5368709120, 'none', 'exclusive', '{"name":"disk"}'),
    ('d2', 'u1', 'destroying', 1024, null, 'none', 'exclusive', '{}');
  insert into servers (uuid, user, phase, config, run) values
    ('s1', 'u1', 'active', '{"cpu":500,"mem":256}', '{}'),
    ('s2', 'u1', 'starting', '{"cpu":200,"mem":64}', null),
    ('s3', 'u1', 'stopped', '{"cpu":300,"mem":32,"nic:1:model":"e1000","nic:1:vlan":"v1"}', null),
    ('s4', 'u1', 'stopped', '{"cpu":', null);
`;

test("a home that an earlier version made has the tables of a new one, its rows, and what it was at", async (t) => {
  const [earlier, fresh] = [await freshHome(t), await freshHome(t)];
  const database = new Database(earlier.file("lodge.db"));
  database.exec(readFileSync(EARLIER_HOME, "utf8"));
  database.exec(EARLIER_ROWS);
  database.close();
  await (await openStore(fresh)).close();
  const store = await openStore(earlier);
  t.after(() => store.close());
  const shape = (file: string) => sqliteLines(file, SQLITE_SHAPE);
  assert.deepEqual(shape(earlier.file("lodge.db")), shape(fresh.file("lodge.db")));
  await store.snapshot(async (tx) => {
    const users = await tx.selectFrom("users").select(["uuid", "created"]).execute();
    assert.deepEqual(users.at(-1), { uuid: "u1", created: 4_294_967_296 });
    const drive = await tx
      .selectFrom("drives")
      .selectAll()
      .where("uuid", "=", "d1")
      .executeTakeFirstOrThrow();
    assert.deepEqual([drive.properties, drive.host, drive.generation], ['{"name":"disk"}', "local", 0]);
    const operations = await tx
      .selectFrom("operations")
      .select(["object", "noun", "action", "params", "owner"])
      .orderBy("object")
      .execute();
    assert.deepEqual(operations, [
      { object: "d1", noun: "drive", action: "resize", params: '{"sizeBytes":5368709120}', owner: null },
      { object: "d2", noun: "drive", action: "destroy", params: "{}", owner: null },
      { object: "s2", noun: "server", action: "start", params: "{}", owner: null },
    ]);
    const servers = await tx
      .selectFrom("servers")
      .select(["uuid", "cpu_mhz", "mem_mib", "vlan", "vlan_mac"])
      .orderBy("uuid")
      .execute();
    assert.deepEqual(
      servers.map((row) => Object.values(row)),
      [
        ["s1", 500, 256, null, null],
        ["s2", 200, 64, null, null],
        ["s3", 300, 32, "v1", vlanMac("s3", { vlanNic: { model: "e1000", vlan: "v1", mac: null } })],
        ["s4", 0, 0, null, null],
      ],
    );
    const host = await tx.selectFrom("hosts").selectAll().executeTakeFirstOrThrow();
    assert.deepEqual(
      [host.allocated_disk_bytes, host.allocated_mem_mib, host.allocated_mhz],
      [5_368_709_120 + 1024, 256, 500],
    );
  });
});

describe("the migrations on PostgreSQL", { skip: lacking("postgres") }, () => {
  test("make the tables that they make on SQLite", async (t) => {
    const [embedded, home] = [await freshHome(t), await freshHome(t)];
    const url = await freshDatabase();
    await (await openStore(embedded)).close();
    await (await openStore(home, url)).close();
    const made = await (await sharedPostgres()).psql(POSTGRES_SHAPE, databaseName(url));
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
    await server.psql("create table vlan_nics (other int)", databaseName(url));
    const tables = "select string_agg(tablename, ' ') from pg_tables where schemaname = 'public'";
    await assert.rejects(openStore(home, url), { message: /could not be migrated/ });
    assert.equal(await server.psql(tables, databaseName(url)), "vlan_nics");
    await server.psql("drop table vlan_nics", databaseName(url));
    await (await openStore(home, url)).close();
    assert.match(await server.psql(tables, databaseName(url)), /vlan_nics/);
  });
});
