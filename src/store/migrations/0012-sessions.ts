/** Sessions of pages in a browser, and the codes that begin one. */
import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";
import { type Engine, serial } from "./serial.ts";

export const sessions = (engine: Engine): Migration => ({
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable("sessions")
      .$call(serial(engine))
      .addColumn("uuid", "text", (column) => column.notNull().unique())
      .addColumn("user", "text", (column) => column.notNull().references("users.uuid"))
      .addColumn("key", "text", (column) => column.notNull())
      .addColumn("created", "bigint", (column) => column.notNull())
      .addColumn("used", "bigint", (column) => column.notNull())
      .addColumn("address", "text", (column) => column.notNull())
      .addColumn("sha256", "text", (column) => column.notNull())
      .execute();
    await db.schema.createIndex("sessions_user").on("sessions").columns(["user", "serial"]).execute();
    await db.schema
      .createTable("session_codes")
      .$call(serial(engine))
      .addColumn("user", "text", (column) => column.notNull().references("users.uuid"))
      .addColumn("key", "text", (column) => column.notNull())
      .addColumn("expires", "bigint", (column) => column.notNull())
      .addColumn("sha256", "text", (column) => column.notNull())
      .execute();
    await db.schema
      .createIndex("session_codes_user")
      .on("session_codes")
      .columns(["user", "serial"])
      .execute();
  },
});
