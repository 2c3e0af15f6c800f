/** What servers used, by minute, hour and day; it goes with its server. */
import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

export const samples: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable("samples")
      .addColumn("server", "text", (column) =>
        column.notNull().references("servers.uuid").onDelete("cascade"),
      )
      .addColumn("step", "integer", (column) => column.notNull())
      .addColumn("time", "bigint", (column) => column.notNull())
      .addColumn("samples", "text", (column) => column.notNull())
      .addColumn("rolled_up", "integer", (column) => column.notNull())
      .addPrimaryKeyConstraint("samples_key", ["server", "step", "time"])
      .execute();
    await db.schema
      .createIndex("samples_by_age")
      .on("samples")
      .columns(["step", "rolled_up", "time"])
      .execute();
  },
};
