/**
 * What becomes of objects, noted by triggers of their tables: so whatever changes one, in whatever process, its note is in the
 * same transaction. Numbers come from rows, whose locks hold until the commit: nobody sees a number before all lower ones
 * are there, and one that was rolled back is given again.
 */
import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";
import { postgresTriggers, sqliteTriggers } from "./0016-triggers.ts";
import type { Engine } from "./serial.ts";

export const changes = (engine: Engine): Migration => ({
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable("servers").addColumn("run_state", "text").execute();
    await db.schema
      .createTable("change_counters")
      .addColumn("user", "text", (column) => column.primaryKey().notNull())
      .addColumn("last", "bigint", (column) => column.notNull())
      .addColumn("moved", "bigint", (column) => column.notNull())
      .execute();
    await db.schema.createIndex("change_counters_moved").on("change_counters").column("moved").execute();
    await db.schema
      .createTable("changes")
      .addColumn("user", "text", (column) => column.notNull())
      .addColumn("serial", "bigint", (column) => column.notNull())
      .addColumn("time", "bigint", (column) => column.notNull())
      .addColumn("kind", "text", (column) => column.notNull())
      .addColumn("type", "text", (column) => column.notNull())
      .addColumn("object", "text", (column) => column.notNull())
      .addColumn("status", "text", (column) => column.notNull())
      .addPrimaryKeyConstraint("changes_pkey", ["user", "serial"])
      .execute();
    await db.schema.createIndex("changes_time").on("changes").column("time").execute();
    // What was done to one object is asked for where it is shown.
    await db.schema.createIndex("events_object").on("events").columns(["user", "object", "serial"]).execute();
    for (const statement of engine === "sqlite" ? sqliteTriggers() : postgresTriggers())
      await sql.raw(statement).execute(db);
  },
});
