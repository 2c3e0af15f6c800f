/** How much of what servers' counters at the uplink say is noted. */
import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

export const transfers: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable("transfer_counters")
      .addColumn("server", "text", (column) =>
        column.primaryKey().notNull().references("servers.uuid").onDelete("cascade"),
      )
      .addColumn("counter", "text", (column) => column.notNull())
      .addColumn("bytes", "bigint", (column) => column.notNull())
      .execute();
  },
};
