/**
 * Accounts: what is known of a user beyond their name, several keys each in place of the one secret, and the trail of what
 * was done. Whoever was the first user is the cloud's admin.
 */
import { randomUUID } from "node:crypto";
import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";
import { type Engine, serial } from "./serial.ts";

/** The cloud itself, which is no account. */
const CLOUD = "00000000-0000-0000-0000-000000000001";

/** How many users are in memory at once. */
const PAGE = 500;

export const accounts = (engine: Engine): Migration => ({
  async up(db: Kysely<unknown>) {
    for (const [column, value] of USER_COLUMNS) {
      await db.schema
        .alterTable("users")
        .addColumn(column, "text", (made) => made.notNull().defaultTo(value))
        .execute();
    }
    await db.schema
      .alterTable("users")
      .addColumn("generation", "bigint", (made) => made.notNull().defaultTo(0))
      .execute();
    await db.schema
      .createTable("api_keys")
      .$call(serial(engine))
      .addColumn("uuid", "text", (column) => column.notNull().unique())
      .addColumn("user", "text", (column) => column.notNull().references("users.uuid"))
      .addColumn("name", "text", (column) => column.notNull())
      .addColumn("scope", "text", (column) => column.notNull())
      .addColumn("expires", "bigint")
      .addColumn("created", "bigint", (column) => column.notNull())
      .addColumn("used", "bigint")
      .addColumn("hint", "text", (column) => column.notNull())
      .addColumn("sha256", "text", (column) => column.notNull())
      .execute();
    await db.schema.createIndex("api_keys_user").on("api_keys").columns(["user", "serial"]).execute();
    await makeKeys(db);
    await sql`
      update users set role = 'admin'
      where uuid = (select uuid from users where uuid <> ${CLOUD} order by created, uuid limit 1)
    `.execute(db);
    await db.schema.alterTable("users").dropColumn("key_sha256").execute();
    await makeEvents(db, engine);
    await db.schema.createIndex("users_list").on("users").columns(["created", "uuid"]).execute();
    await db.schema.createIndex("drives_size").on("drives").columns(["user", "size_bytes"]).execute();
  },
});

const USER_COLUMNS = [
  ["email", ""],
  ["status", "active"],
  ["reason", ""],
  ["role", "user"],
  ["limits", "{}"],
] as const;

type Row = { readonly uuid: string; readonly key_sha256: string; readonly created: number };

/** A key of the widest scope for each user who has one; of its secret nothing is known but the digest. */
async function makeKeys(db: Kysely<unknown>): Promise<void> {
  for (let after = ""; ; ) {
    const { rows } = await sql<Row>`
      select uuid, key_sha256, created from users where uuid > ${after} order by uuid limit ${PAGE}
    `.execute(db);
    for (const { uuid, key_sha256, created } of rows) {
      if (key_sha256 === "") continue;
      await sql`
        insert into api_keys (uuid, "user", name, scope, expires, created, used, hint, sha256)
        values (${randomUUID()}, ${uuid}, 'first key', 'all', null, ${created}, null, '', ${key_sha256})
      `.execute(db);
    }
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.uuid;
  }
}

/**
 * Rows are never changed, and go no sooner than a day after they came, whoever asks. The last one stays, so that numbers grow
 * without SQLite's AUTOINCREMENT, which would write one more page with each event.
 */
async function makeEvents(db: Kysely<unknown>, engine: Engine): Promise<void> {
  await db.schema
    .createTable("events")
    .addColumn("serial", engine === "sqlite" ? "integer" : "bigserial", (column) => column.primaryKey())
    .addColumn("time", "bigint", (column) => column.notNull())
    .addColumn("user", "text", (column) => column.notNull())
    .addColumn("actor", "text", (column) => column.notNull())
    .addColumn("key", "text", (column) => column.notNull())
    .addColumn("address", "text", (column) => column.notNull())
    .addColumn("command", "text", (column) => column.notNull())
    .addColumn("object", "text", (column) => column.notNull())
    .addColumn("outcome", "text", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("events_user").on("events").columns(["user", "serial"]).execute();
  for (const statement of engine === "sqlite" ? SQLITE_TRIGGERS : POSTGRES_TRIGGERS)
    await sql.raw(statement).execute(db);
}

const SQLITE_TRIGGERS = [
  `create trigger events_unchanged before update on events
    begin select raise(abort, 'events are never changed'); end`,
  `create trigger events_kept before delete on events when old.time > unixepoch() - 86400
    begin select raise(abort, 'events are kept for a day at least'); end`,
];

const POSTGRES_TRIGGERS = [
  `create function events_unchanged() returns trigger language plpgsql as
    $$ begin raise exception 'events are never changed'; end $$`,
  `create function events_kept() returns trigger language plpgsql as
    $$ begin
      if old.time > extract(epoch from clock_timestamp()) - 86400 then
        raise exception 'events are kept for a day at least';
      end if;
      return old;
    end $$`,
  `create trigger events_unchanged before update on events
    for each row execute function events_unchanged()`,
  `create trigger events_kept before delete on events for each row execute function events_kept()`,
  `create trigger events_all_kept before truncate on events execute function events_unchanged()`,
];
