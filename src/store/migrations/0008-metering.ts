/** Counting what accounts use: the spans of what there is begin now. */
import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";
import { type Engine, serial } from "./serial.ts";

/** The cloud itself, whose standard images nobody uses. */
const CLOUD = "00000000-0000-0000-0000-000000000001";

export const metering = (engine: Engine): Migration => ({
  async up(db: Kysely<unknown>) {
    await makeSpans(db, engine);
    await db.schema
      .createTable("transfers")
      .addColumn("user", "text", (column) => column.notNull())
      .addColumn("time", "bigint", (column) => column.notNull())
      .addColumn("bytes", "bigint", (column) => column.notNull())
      .addPrimaryKeyConstraint("transfers_key", ["user", "time"])
      .execute();
    await makeRollUps(db, "usage_hours", "hour");
    await makeRollUps(db, "usage_days", "day");
    await db.schema
      .createTable("meters")
      .addColumn("user", "text", (column) => column.primaryKey().notNull())
      .addColumn("until", "bigint", (column) => column.notNull())
      .execute();
    await db.schema
      .createTable("clock")
      .addColumn("id", "integer", (column) => column.primaryKey().notNull())
      .addColumn("boot_id", "text", (column) => column.notNull())
      .addColumn("offset_ms", "bigint", (column) => column.notNull())
      .addColumn("boot_ms", "bigint", (column) => column.notNull())
      .addColumn("time", "bigint", (column) => column.notNull())
      .addColumn("off_since", "bigint")
      .execute();
    for (const what of THERE) await beginSpans(db, what);
  },
});

async function makeSpans(db: Kysely<unknown>, engine: Engine): Promise<void> {
  await db.schema
    .createTable("spans")
    .$call(serial(engine))
    .addColumn("user", "text", (column) => column.notNull().references("users.uuid"))
    .addColumn("resource", "text", (column) => column.notNull())
    .addColumn("object", "text", (column) => column.notNull())
    .addColumn("amount", "bigint", (column) => column.notNull())
    .addColumn("begins", "bigint", (column) => column.notNull())
    .addColumn("ends", "bigint")
    .execute();
  await db.schema
    .createIndex("spans_open")
    .unique()
    .on("spans")
    .columns(["object", "resource"])
    .where("ends" as never, "is", null)
    .execute();
  await db.schema.createIndex("spans_user").on("spans").columns(["user", "ends"]).execute();
}

async function makeRollUps(db: Kysely<unknown>, table: string, time: string): Promise<void> {
  await db.schema
    .createTable(table)
    .addColumn("user", "text", (column) => column.notNull())
    .addColumn(time, "bigint", (column) => column.notNull())
    .addColumn("resource", "text", (column) => column.notNull())
    .addColumn("used", "text", (column) => column.notNull())
    .addColumn("subscribed", "text", (column) => column.notNull())
    .addColumn("burst", "text", (column) => column.notNull())
    .addColumn("cost", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint(`${table}_key`, ["user", time, "resource"])
    .execute();
}

type There = {
  readonly resource: string;
  readonly table: string;
  readonly object: string;
  readonly amount: string;
  readonly where: string;
};

const RUNNING = "phase = 'active'";
const MADE = "phase <> 'creating'";

/** What is used now: as it is while the daemon runs (`metering/spans.ts`). */
const THERE: readonly There[] = [
  { resource: "cpu", table: "servers", object: "uuid", amount: "cpu_mhz", where: RUNNING },
  { resource: "mem", table: "servers", object: "uuid", amount: "mem_mib", where: RUNNING },
  { resource: "servers", table: "servers", object: "uuid", amount: "1", where: MADE },
  { resource: "disk", table: "drives", object: "uuid", amount: "size_bytes", where: "phase = 'ready'" },
  { resource: "drives", table: "drives", object: "uuid", amount: "1", where: "phase = 'ready'" },
  { resource: "ip", table: "resources", object: "resource", amount: "1", where: "type = 'ip'" },
  { resource: "vlan", table: "resources", object: "resource", amount: "1", where: "type = 'vlan'" },
];

async function beginSpans(db: Kysely<unknown>, { resource, table, object, amount, where }: There) {
  // Accounting time begins by the wall clock, as it does where there was none.
  const now = Math.floor(Date.now() / 1000);
  await sql`
    insert into spans ("user", resource, object, amount, begins)
    select "user", ${resource}, ${sql.ref(object)}, ${sql.raw(amount)}, ${sql.lit(now)} from ${sql.table(table)}
    where "user" <> ${CLOUD} and ${sql.raw(where)} order by serial
  `.execute(db);
}
