/** Money: price lists, the ledger, subscriptions, and up to where hours are charged. */
import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";
import { type Engine, serial } from "./serial.ts";

export const billing = (engine: Engine): Migration => ({
  async up(db: Kysely<unknown>) {
    // In the smallest unit of money, as text: accounts are read whole, and numbers of that size would not be exact then.
    await db.schema
      .alterTable("users")
      .addColumn("credit", "text", (column) => column.notNull().defaultTo("0"))
      .execute();
    await db.schema
      .createTable("price_lists")
      .$call(serial(engine))
      .addColumn("currency", "text", (column) => column.notNull())
      .addColumn("from", "bigint", (column) => column.notNull())
      .addColumn("prices", "text", (column) => column.notNull())
      .addColumn("created", "bigint", (column) => column.notNull())
      .execute();
    await db.schema.createIndex("price_lists_from").on("price_lists").columns(["from", "serial"]).execute();
    await makeLedger(db, engine);
    await makeSubscriptions(db, engine);
    await db.schema
      .createTable("charged")
      .addColumn("until", "bigint", (column) => column.notNull())
      .execute();
    await db.schema
      .createTable("overdue")
      .addColumn("user", "text", (column) => column.primaryKey())
      .addColumn("until", "bigint", (column) => column.notNull())
      .execute();
  },
});

async function makeLedger(db: Kysely<unknown>, engine: Engine): Promise<void> {
  await db.schema
    .createTable("ledger")
    .addColumn("user", "text", (column) => column.notNull().references("users.uuid"))
    .addColumn("entry", "bigint", (column) => column.notNull())
    .addColumn("time", "bigint", (column) => column.notNull())
    .addColumn("amount", "bigint", (column) => column.notNull())
    .addColumn("balance", "bigint", (column) => column.notNull())
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("resource", "text")
    .addColumn("from", "bigint")
    .addColumn("to", "bigint")
    .addColumn("text", "text", (column) => column.notNull())
    .addColumn("reference", "text")
    .addPrimaryKeyConstraint("ledger_key", ["user", "entry"])
    .execute();
  await db.schema.createIndex("ledger_time").on("ledger").columns(["user", "time"]).execute();
  await sql`
    create unique index ledger_reference on ledger ("user", reference) where reference is not null
  `.execute(db);
  await sql`
    create unique index ledger_burst on ledger ("user", resource, "from") where kind = 'burst'
  `.execute(db);
  for (const statement of engine === "sqlite" ? SQLITE_TRIGGERS : POSTGRES_TRIGGERS)
    await sql.raw(statement).execute(db);
}

async function makeSubscriptions(db: Kysely<unknown>, engine: Engine): Promise<void> {
  await db.schema
    .createTable("subscriptions")
    .$call(serial(engine))
    .addColumn("uuid", "text", (column) => column.notNull().unique())
    .addColumn("user", "text", (column) => column.notNull().references("users.uuid"))
    .addColumn("resource", "text", (column) => column.notNull())
    .addColumn("amount", "bigint", (column) => column.notNull())
    .addColumn("period", "text", (column) => column.notNull())
    .addColumn("from", "bigint", (column) => column.notNull())
    .addColumn("to", "bigint", (column) => column.notNull())
    .addColumn("renew", "integer", (column) => column.notNull())
    .addColumn("price", "bigint", (column) => column.notNull())
    .addColumn("used", "bigint", (column) => column.notNull())
    .addColumn("settled", "integer", (column) => column.notNull().defaultTo(0))
    .execute();
  await db.schema.createIndex("subscriptions_user").on("subscriptions").columns(["user", "to"]).execute();
  await sql`create index subscriptions_due on subscriptions ("to", serial) where settled = 0`.execute(db);
}

const SQLITE_TRIGGERS = [
  `create trigger ledger_unchanged before update on ledger
    begin select raise(abort, 'entries of the ledger are never changed'); end`,
  `create trigger ledger_kept before delete on ledger
    begin select raise(abort, 'entries of the ledger are never removed'); end`,
];

const POSTGRES_TRIGGERS = [
  `create function ledger_unchanged() returns trigger language plpgsql as
    $$ begin raise exception 'entries of the ledger are never changed'; end $$`,
  `create function ledger_kept() returns trigger language plpgsql as
    $$ begin raise exception 'entries of the ledger are never removed'; end $$`,
  `create trigger ledger_unchanged before update on ledger
    for each row execute function ledger_unchanged()`,
  `create trigger ledger_kept before delete on ledger for each row execute function ledger_kept()`,
  `create trigger ledger_all_kept before truncate on ledger execute function ledger_kept()`,
];
