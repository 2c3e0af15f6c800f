/** Webhooks with what they are told, what was done about funds that end, and the invoices that are final. */
import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";
import { type Engine, serial } from "./serial.ts";

export const funds = (engine: Engine): Migration => ({
  async up(db: Kysely<unknown>) {
    await makeWebhooks(db, engine);
    await makeDeliveries(db, engine);
    await makeFunds(db, engine);
  },
});

async function makeWebhooks(db: Kysely<unknown>, engine: Engine): Promise<void> {
  await db.schema
    .createTable("webhooks")
    .$call(serial(engine))
    .addColumn("uuid", "text", (column) => column.notNull().unique())
    .addColumn("url", "text", (column) => column.notNull())
    .addColumn("events", "text", (column) => column.notNull())
    .addColumn("wrapped_secret", "text")
    .addColumn("created", "bigint", (column) => column.notNull())
    .execute();
}

async function makeDeliveries(db: Kysely<unknown>, engine: Engine): Promise<void> {
  await db.schema
    .createTable("deliveries")
    .$call(serial(engine))
    .addColumn("webhook", "text", (column) => column.notNull())
    .addColumn("user", "text", (column) => column.notNull())
    .addColumn("message", "text", (column) => column.notNull())
    .addColumn("event", "text", (column) => column.notNull())
    .addColumn("time", "bigint", (column) => column.notNull())
    .addColumn("body", "text", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("attempts", "bigint", (column) => column.notNull().defaultTo(0))
    .addColumn("tried", "bigint")
    .addColumn("status", "bigint")
    .addColumn("error", "text", (column) => column.notNull().defaultTo(""))
    .execute();
  for (const [name, columns] of [
    ["deliveries_queue", ["webhook", "user", "state", "serial"]],
    ["deliveries_log", ["webhook", "serial"]],
    ["deliveries_time", ["time"]],
  ] as const) {
    await db.schema
      .createIndex(name)
      .on("deliveries")
      .columns([...columns])
      .execute();
  }
  await db.schema
    .createTable("delivery_queues")
    .addColumn("webhook", "text", (column) => column.notNull())
    .addColumn("user", "text", (column) => column.notNull())
    .addColumn("next_try_ms", "bigint", (column) => column.notNull())
    .addColumn("failures", "bigint", (column) => column.notNull())
    .addColumn("waiting", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("delivery_queues_pkey", ["webhook", "user"])
    .execute();
  await db.schema
    .createIndex("delivery_queues_due")
    .on("delivery_queues")
    .columns(["webhook", "next_try_ms"])
    .execute();
}

async function makeFunds(db: Kysely<unknown>, engine: Engine): Promise<void> {
  await db.schema
    .createTable("funds")
    .addColumn("user", "text", (column) => column.primaryKey().notNull())
    .addColumn("warned_hours", "bigint")
    .addColumn("ended", "bigint")
    .addColumn("suspended", "bigint")
    .execute();
  await db.schema
    .createTable("warnings")
    .$call(serial(engine))
    .addColumn("user", "text", (column) => column.notNull())
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("time", "bigint", (column) => column.notNull())
    .addColumn("until", "bigint", (column) => column.notNull())
    .addColumn("delivered", "bigint")
    .execute();
  await db.schema.createIndex("warnings_user").on("warnings").columns(["user", "serial"]).execute();
  await db.schema
    .createTable("invoices")
    .addColumn("user", "text", (column) => column.notNull())
    .addColumn("month", "text", (column) => column.notNull())
    .addColumn("made", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("invoices_pkey", ["user", "month"])
    .execute();
}
