/** The first tables: users, drives, servers, claims, temporary addresses. */
import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";
import { type Engine, serial } from "./serial.ts";

export const initial = (engine: Engine): Migration => ({
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable("users")
      .addColumn("uuid", "text", (column) => column.primaryKey())
      .addColumn("name", "text", (column) => column.notNull())
      .addColumn("key_sha256", "text", (column) => column.notNull())
      .addColumn("created", "bigint", (column) => column.notNull())
      .execute();
    await db.schema
      .createTable("drives")
      .$call(serial(engine))
      .addColumn("uuid", "text", (column) => column.notNull().unique())
      .addColumn("user", "text", (column) => column.notNull().references("users.uuid"))
      .addColumn("phase", "text", (column) => column.notNull())
      .addColumn("size_bytes", "bigint", (column) => column.notNull())
      .addColumn("wanted_size_bytes", "bigint")
      .addColumn("cipher", "text", (column) => column.notNull())
      .addColumn("wrapped_secret", "text")
      .addColumn("claim_type", "text", (column) => column.notNull())
      .addColumn("properties", "text", (column) => column.notNull())
      .addColumn("read_bytes", "bigint", (column) => column.notNull().defaultTo(0))
      .addColumn("read_requests", "bigint", (column) => column.notNull().defaultTo(0))
      .addColumn("write_bytes", "bigint", (column) => column.notNull().defaultTo(0))
      .addColumn("write_requests", "bigint", (column) => column.notNull().defaultTo(0))
      .execute();
    await db.schema.createIndex("drives_user").on("drives").columns(["user", "serial"]).execute();
    await db.schema
      .createTable("servers")
      .$call(serial(engine))
      .addColumn("uuid", "text", (column) => column.notNull().unique())
      .addColumn("user", "text", (column) => column.notNull().references("users.uuid"))
      .addColumn("phase", "text", (column) => column.notNull())
      .addColumn("config", "text", (column) => column.notNull())
      .addColumn("run", "text")
      .addColumn("last_address", "text")
      .execute();
    await db.schema.createIndex("servers_user").on("servers").columns(["user", "serial"]).execute();
    await db.schema
      .createTable("claims")
      .addColumn("drive", "text", (column) => column.notNull().references("drives.uuid"))
      .addColumn("server", "text", (column) => column.notNull().references("servers.uuid"))
      .addColumn("exclusive", "integer", (column) => column.notNull())
      .addPrimaryKeyConstraint("claims_key", ["drive", "server"])
      .execute();
    // The transaction that claims checks the rules; the index enforces the most important one, whatever mistake is made.
    await db.schema
      .createIndex("claims_exclusive")
      .unique()
      .on("claims")
      .column("drive")
      .where(sql.ref("exclusive"), "=", sql.lit(1))
      .execute();
    await db.schema.createIndex("claims_server").on("claims").column("server").execute();
    await db.schema
      .createTable("addresses")
      .addColumn("address", "text", (column) => column.primaryKey())
      .addColumn("server", "text", (column) => column.notNull().references("servers.uuid"))
      .execute();
    await db.schema.createIndex("addresses_server").on("addresses").column("server").execute();
  },
});
