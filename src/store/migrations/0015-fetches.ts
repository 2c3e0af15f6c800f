/** Imagings whose source is a URL. */
import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

export const fetches: Migration = {
  async up(db: Kysely<unknown>) {
    for (const column of ["wrapped_url", "sha256"])
      await db.schema.alterTable("imagings").addColumn(column, "text").execute();
  },
};
