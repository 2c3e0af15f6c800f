/** Standard images: drives that belong to the cloud itself, which is a user without a key (`CLOUD_USER` in api/). */
import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

export const images: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable("drives").addColumn("standard", "text").execute();
    await sql`
      insert into users (uuid, name, key_sha256, created)
      values ('00000000-0000-0000-0000-000000000001', 'standard images', '', 0)
    `.execute(db);
  },
};
