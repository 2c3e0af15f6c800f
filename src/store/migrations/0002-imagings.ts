/** Imagings: what is to become of a target, in the order in which it was asked for. */
import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";
import { type Engine, serial } from "./serial.ts";

export const imagings = (engine: Engine): Migration => ({
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable("imagings")
      .$call(serial(engine))
      .addColumn("target", "text", (column) => column.notNull().unique().references("drives.uuid"))
      // One that failed is remembered longer than its source may be there: it refers to none.
      .addColumn("source", "text", (column) => column.notNull())
      .addColumn("conversion", "text")
      .addColumn("state", "text", (column) => column.notNull())
      .addColumn("error", "text")
      .execute();
    await db.schema.createIndex("imagings_source").on("imagings").column("source").execute();
    await db.schema.createIndex("imagings_state").on("imagings").columns(["state", "serial"]).execute();
  },
});
