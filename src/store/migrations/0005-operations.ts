/**
 * Operations, hosts with their counters, generations, and keys by which creates are repeated. What an earlier version
 * left between two phases becomes an operation without an owner.
 */
import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

export const operations: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable("hosts")
      .addColumn("name", "text", (column) => column.primaryKey())
      .addColumn("facts", "text", (column) => column.notNull())
      .addColumn("identity", "text", (column) => column.notNull().defaultTo(""))
      .addColumn("disk_bytes", "bigint", (column) => column.notNull())
      .addColumn("allocated_disk_bytes", "bigint", (column) => column.notNull())
      .addColumn("allocated_mem_mib", "bigint", (column) => column.notNull())
      .addColumn("allocated_mhz", "bigint", (column) => column.notNull())
      .execute();
    await db.schema
      .createTable("operations")
      .addColumn("object", "text", (column) => column.primaryKey())
      .addColumn("noun", "text", (column) => column.notNull())
      .addColumn("host", "text", (column) => column.notNull())
      .addColumn("action", "text", (column) => column.notNull())
      .addColumn("params", "text", (column) => column.notNull())
      .addColumn("generation", "bigint", (column) => column.notNull())
      .addColumn("owner", "text")
      .addColumn("lease_until_ms", "bigint")
      .addColumn("attempts", "integer", (column) => column.notNull())
      .addColumn("next_try_ms", "bigint", (column) => column.notNull())
      .addColumn("last_error", "text")
      .addColumn("request", "text")
      .addColumn("recorded_ms", "bigint", (column) => column.notNull())
      .execute();
    await db.schema.createIndex("operations_due").on("operations").column("next_try_ms").execute();
    await db.schema
      .createTable("idempotency_keys")
      .addColumn("user", "text", (column) => column.notNull().references("users.uuid"))
      .addColumn("key", "text", (column) => column.notNull())
      .addColumn("fingerprint", "text", (column) => column.notNull())
      .addColumn("object", "text", (column) => column.notNull())
      .addColumn("recorded_ms", "bigint", (column) => column.notNull())
      .addPrimaryKeyConstraint("idempotency_keys_key", ["user", "key"])
      .execute();
    for (const columns of [["object"], ["recorded_ms"], ["user", "recorded_ms"]]) {
      const name = `idempotency_keys_${columns.join("_")}`;
      await db.schema.createIndex(name).on("idempotency_keys").columns(columns).execute();
    }
    for (const table of ["drives", "servers"]) {
      for (const column of ["generation", "revision"]) {
        await db.schema
          .alterTable(table)
          .addColumn(column, "bigint", (made) => made.notNull().defaultTo(0))
          .execute();
      }
      await db.schema
        .alterTable(table)
        .addColumn("host", "text", (made) => made.notNull().defaultTo("local"))
        .execute();
    }
    await db.schema
      .alterTable("pools")
      .addColumn("host", "text", (column) => column.notNull().defaultTo(""))
      .execute();
    await sql`update pools set host = 'local' where origin = 'host'`.execute(db);
    await db.schema
      .alterTable("imagings")
      .addColumn("turn", "bigint", (column) => column.notNull().defaultTo(0))
      .execute();
    await countAllocated(db);
    await takeOver(db);
    await db.schema.alterTable("drives").dropColumn("wanted_size_bytes").execute();
  },
};

/** Of the one host that there was: what its drives and its servers were given. */
async function countAllocated(db: Kysely<unknown>): Promise<void> {
  const drives = await sql<{ bytes: number }>`
    select coalesce(sum(case when wanted_size_bytes > size_bytes then wanted_size_bytes else size_bytes end), 0) as bytes
    from drives
  `.execute(db);
  const servers = await sql<{ config: string }>`select config from servers where run is not null`.execute(db);
  const configs = servers.rows.map(({ config }) => JSON.parse(config) as { cpu: number; mem: number });
  const [diskBytes, memMib, mhz] = [
    Number(drives.rows[0]?.bytes ?? 0),
    configs.reduce((sum, { mem }) => sum + Number(mem), 0),
    configs.reduce((sum, { cpu }) => sum + Number(cpu), 0),
  ];
  await sql`
    insert into hosts (name, facts, disk_bytes, allocated_disk_bytes, allocated_mem_mib, allocated_mhz)
    values ('local', '', 0, ${diskBytes}, ${memMib}, ${mhz})
  `.execute(db);
}

/** What was being done becomes an operation that is due. */
async function takeOver(db: Kysely<unknown>): Promise<void> {
  const columns = sql`(object, noun, host, action, params, generation, attempts, next_try_ms, recorded_ms)`;
  await sql`
    insert into operations ${columns}
    select uuid, 'drive', 'local', case phase when 'creating' then 'create' else 'destroy' end, '{}', 0, 1, 0, 0
    from drives where phase <> 'ready' and standard is null
  `.execute(db);
  await sql`
    insert into operations ${columns}
    select uuid, 'drive', 'local', 'resize', '{"sizeBytes":' || wanted_size_bytes || '}', 0, 1, 0, 0
    from drives where phase = 'ready' and wanted_size_bytes is not null
  `.execute(db);
  await sql`
    insert into operations ${columns}
    select target, 'drive', 'local', 'copy', '{}', 0, 1, 0, 0 from imagings where state <> 'failed'
  `.execute(db);
  await sql`update imagings set state = 'queued' where state = 'running'`.execute(db);
  await sql`
    insert into operations ${columns}
    select uuid, 'server', 'local', case phase when 'destroying' then 'destroy' else 'start' end, '{}', 0, 1, 0, 0
    from servers where phase in ('creating', 'starting', 'destroying')
  `.execute(db);
}
