/** Homes of every released schema, brought up to date by this version. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import { Kysely, SqliteDialect } from "kysely";
import { Migrator } from "kysely/migration";
import { needsSmallDisk, smallDisk } from "../../../testing/small-disk.ts";
import { databaseName, freshDatabase, freshHome, lacking, sharedPostgres } from "../../../testing/stores.ts";
import { StoreFull } from "../../base/store-errors.ts";
import { openStore } from "../open.ts";
import { migrations } from "./index.ts";

const NAMES = Object.keys(migrations("sqlite"));

/** Rows of a home as it was lived in, by the migration that made their tables. */
const ROWS: Readonly<Record<string, string>> = {
  "0001_initial": `
    insert into users values ('u1', 'ann', 'aa', 4294967296);
    insert into drives (uuid, user, phase, size_bytes, cipher, wrapped_secret, claim_type, properties) values
      ('d1', 'u1', 'ready', 5368709120, 'aes-xts-plain', 'wrapped', 'exclusive', '{"name":"disk"}'),
      ('d2', 'u1', 'ready', 1048576, 'none', null, 'shared', '{}');
    insert into servers (uuid, user, phase, config, run) values
      ('s1', 'u1', 'active', '{"cpu":500,"mem":256}', '{}'), ('s2', 'u1', 'stopped', '{"cpu":1,"mem":2}', null);
    insert into claims values ('d1', 's1', 1);
    insert into addresses values ('10.0.0.5', 's1');`,
  "0002_imagings": `
    insert into imagings (target, source, conversion, state) values ('d2', 'd1', 'gzip', 'queued');`,
  "0003_images": `
    insert into drives (uuid, user, phase, size_bytes, cipher, claim_type, properties, standard) values
      ('i1', '00000000-0000-0000-0000-000000000001', 'ready', 1024, 'none', 'shared', '{}', '{}');`,
  "0004_resources": `
    insert into resources (type, resource, user, properties) values ('vlan', 'v1', 'u1', '{}');
    insert into vlan_nics values ('v1', '02:00:00:00:00:01', 's1');
    insert into pools (network, origin, first, last, gateway, nameservers) values
      ('203.0.113.0/28', 'operator', '203.0.113.2', '203.0.113.14', '203.0.113.1', '');`,
};

/** Makes the database as the version left it whose last migration was that one, with rows in it. */
async function makeAt(file: string, last: string): Promise<void> {
  const database = new Database(file);
  const db = new Kysely<unknown>({ dialect: new SqliteDialect({ database }) });
  for (const name of NAMES.slice(0, NAMES.indexOf(last) + 1)) {
    const provider = { getMigrations: async () => migrations("sqlite") };
    const { error } = await new Migrator({ db, provider }).migrateTo(name);
    assert.equal(error, undefined);
    database.exec(ROWS[name] ?? "");
  }
  await db.destroy();
}

const SHAPE = `select type, name, sql from sqlite_schema where name not like 'sqlite%' order by type, name`;
const KEPT = [
  "select name, created from users where uuid = 'u1'",
  "select uuid, size_bytes, cipher, wrapped_secret, properties from drives order by uuid",
  "select uuid, phase, config from servers order by uuid",
  "select * from claims",
  "select * from addresses",
];

function read(file: string, query: string): unknown[] {
  const database = new Database(file, { readonly: true });
  try {
    return database.prepare(query).all();
  } finally {
    database.close();
  }
}

const namesIn = (file: string) =>
  (read(file, "select name from kysely_migration order by name") as { name: string }[]).map(
    ({ name }) => name,
  );

for (const [at, last] of NAMES.entries()) {
  test(`a home of the schema ${last} is brought up to date, its rows kept, after a copy beside it`, async (t) => {
    const home = await freshHome(t);
    const file = home.file("lodge.db");
    await makeAt(file, last);
    const [shape, kept] = [read(file, SHAPE), KEPT.map((query) => read(file, query))];
    const store = await openStore(home);
    const users = await store.snapshot((tx) => tx.selectFrom("hosts").selectAll().execute());
    await store.close();
    assert.ok(users.length <= 1);
    assert.deepEqual(namesIn(file), NAMES);
    assert.deepEqual(
      KEPT.map((query) => read(file, query)),
      kept,
    );
    const copies = readdirSync(dirname(file)).filter((name) => name.includes("-before-"));
    const next = NAMES[at + 1];
    assert.deepEqual(copies, next === undefined ? [] : [`lodge.db-before-${next}`]);
    if (next === undefined) return;
    const copy = `${file}-before-${next}`;
    assert.deepEqual(namesIn(copy), NAMES.slice(0, at + 1));
    assert.deepEqual([read(copy, SHAPE), KEPT.map((query) => read(copy, query))], [shape, kept]);
    assert.equal(statSync(copy).mode & 0o777, 0o600);
  });
}

test("the secret of a user of an earlier version opens their account as a key of its own, and the first is admin", async (t) => {
  const home = await freshHome(t);
  const file = home.file("lodge.db");
  await makeAt(file, "0006_lists");
  const database = new Database(file);
  database.exec("insert into users values ('u2', 'bob', 'bb', 4294967297), ('u0', 'eve', 'ee', 4294967298)");
  database.close();
  await (await openStore(home)).close();
  const keys = "select user, name, scope, expires, created, used, hint, sha256 from api_keys order by user";
  const key = { name: "first key", scope: "all", expires: null, used: null, hint: "" };
  assert.deepEqual(read(file, keys), [
    { ...key, user: "u0", created: 4_294_967_298, sha256: "ee" },
    { ...key, user: "u1", created: 4_294_967_296, sha256: "aa" },
    { ...key, user: "u2", created: 4_294_967_297, sha256: "bb" },
  ]);
  assert.deepEqual(read(file, "select uuid from users where role = 'admin'"), [{ uuid: "u1" }]);
  assert.deepEqual(read(file, "select distinct status, email, reason, limits from users"), [
    { status: "active", email: "", reason: "", limits: "{}" },
  ]);
});

test("the events of an earlier version's home are in the lists of their accounts and objects", async (t) => {
  const home = await freshHome(t);
  const file = home.file("lodge.db");
  await makeAt(file, "0016_changes");
  const database = new Database(file);
  const event = "4294967296, 'u1', 'u1', '', '', 'drives/DRIVE/set'";
  database.exec(`insert into events values (7, ${event}, 'd1', 'done'), (8, ${event}, '', 'done')`);
  database.close();
  await (await openStore(home)).close();
  assert.deepEqual(read(file, "select * from events_of_users"), [
    { user: "u1", serial: 7 },
    { user: "u1", serial: 8 },
  ]);
  assert.deepEqual(read(file, "select * from events_of_objects"), [{ user: "u1", object: "d1", serial: 7 }]);
});

test("what an earlier version's home has is in use from then on, but for what is the cloud's own", async (t) => {
  const home = await freshHome(t);
  const file = home.file("lodge.db");
  await makeAt(file, "0007_accounts");
  const database = new Database(file);
  database.exec("update drives set phase = 'destroying' where uuid = 'd2'");
  database.close();
  const beforeS = Math.floor(Date.now() / 1000);
  await (await openStore(home)).close();
  const spans = read(
    file,
    "select object, resource, amount from spans where user = 'u1' order by object, resource",
  );
  assert.deepEqual(
    spans.map((row) => Object.values(row as object)),
    [
      ["d1", "disk", 5_368_709_120],
      ["d1", "drives", 1],
      ["s1", "cpu", 500],
      ["s1", "mem", 256],
      ["s1", "servers", 1],
      ["s2", "servers", 1],
      ["v1", "vlan", 1],
    ],
  );
  const others = `select count(*) as n from spans where user <> 'u1' or ends is not null or begins < ${beforeS}`;
  assert.deepEqual(read(file, others), [{ n: 0 }]);
});

test("a new home is made without a copy of what was not there", async (t) => {
  const home = await freshHome(t);
  await (await openStore(home)).close();
  assert.deepEqual(
    readdirSync(dirname(home.file("lodge.db"))).filter((name) => name.includes("-before-")),
    [],
  );
});

const NEWER = {
  type: "usage",
  message: /was made by a newer version of Lodge, which this one does not know \(9999_later\)/,
};

test("a home of a newer schema is refused in a sentence, and nothing of it is changed", async (t) => {
  const home = await freshHome(t);
  const file = home.file("lodge.db");
  await (await openStore(home)).close();
  const database = new Database(file);
  database.exec("insert into kysely_migration values ('9999_later', '2030-01-01')");
  database.close();
  const before = read(file, SHAPE);
  await assert.rejects(openStore(home), NEWER);
  assert.deepEqual(read(file, SHAPE), before);
});

test("a database of a newer schema is refused in a sentence", { skip: lacking("postgres") }, async (t) => {
  const home = await freshHome(t);
  const url = await freshDatabase();
  await (await openStore(home, url)).close();
  const name = databaseName(url);
  await (await sharedPostgres()).psql("insert into kysely_migration values ('9999_later', '2030')", name);
  await assert.rejects(openStore(home, url), NEWER);
});

test(
  "a home that has no room for the copy is not changed, and brought up to date once it has",
  needsSmallDisk,
  async (t) => {
    const disk = await smallDisk(16);
    t.after(() => disk.end());
    const home = { file: (name: string) => `${disk.folder}/${name}` };
    const file = home.file("lodge.db");
    await makeAt(file, "0003_images");
    await disk.fill();
    await assert.rejects(openStore(home), StoreFull);
    assert.ok(!readdirSync(disk.folder).some((name) => name.includes("-before-")));
    await disk.clear();
    assert.deepEqual(namesIn(file), NAMES.slice(0, 3));
    await (await openStore(home)).close();
    assert.deepEqual(namesIn(file), NAMES);
    assert.ok(existsSync(`${file}-before-0004_resources`));
  },
);
