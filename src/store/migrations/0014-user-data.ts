/** What servers' guests are to do as they come up: wrapped by the master key, and how long it is. */
import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

export const userData: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable("servers").addColumn("wrapped_secret", "text").execute();
    await db.schema.alterTable("servers").addColumn("user_data_bytes", "bigint").execute();
  },
};
