/** Resources that users hold, the pools that addresses come out of, and who is in which VLAN. */
import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";
import { type Engine, serial } from "./serial.ts";

export const resources = (engine: Engine): Migration => ({
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable("resources")
      .$call(serial(engine))
      .addColumn("type", "text", (column) => column.notNull())
      .addColumn("resource", "text", (column) => column.notNull().unique())
      .addColumn("user", "text", (column) => column.notNull().references("users.uuid"))
      .addColumn("properties", "text", (column) => column.notNull())
      .execute();
    await db.schema.createIndex("resources_user").on("resources").columns(["user", "serial"]).execute();
    await db.schema
      .createTable("pools")
      .$call(serial(engine))
      .addColumn("network", "text", (column) => column.notNull().unique())
      .addColumn("origin", "text", (column) => column.notNull())
      .addColumn("first", "text", (column) => column.notNull())
      .addColumn("last", "text", (column) => column.notNull())
      .addColumn("gateway", "text", (column) => column.notNull())
      .addColumn("nameservers", "text", (column) => column.notNull())
      .execute();
    await db.schema
      .createTable("vlan_nics")
      .addColumn("vlan", "text", (column) => column.notNull().references("resources.resource"))
      .addColumn("mac", "text", (column) => column.notNull())
      .addColumn("server", "text", (column) => column.notNull().references("servers.uuid"))
      .addPrimaryKeyConstraint("vlan_nics_key", ["vlan", "mac"])
      .execute();
    await db.schema.createIndex("vlan_nics_server").on("vlan_nics").column("server").execute();
  },
});
