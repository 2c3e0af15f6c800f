/**
 * What lists of servers answer, and the MAC address by which a server is in a VLAN, as columns of their own; and indexes
 * that hold all that a list answers. So neither reads the configurations, which may be large.
 */
import { createHash } from "node:crypto";
import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

/** How many configurations are in memory at once. */
const PAGE = 50;

export const lists: Migration = {
  async up(db: Kysely<unknown>) {
    for (const column of ["cpu_mhz", "mem_mib"]) {
      await db.schema
        .alterTable("servers")
        .addColumn(column, "bigint", (made) => made.notNull().defaultTo(0))
        .execute();
    }
    for (const column of ["vlan", "vlan_mac"])
      await db.schema.alterTable("servers").addColumn(column, "text").execute();
    await fill(db);
    for (const [name, table, columns] of INDEXES) {
      await db.schema
        .createIndex(name)
        .on(table)
        .columns([...columns])
        .execute();
    }
  },
};

const INDEXES = [
  ["servers_vlan", "servers", ["vlan", "vlan_mac"]],
  ["servers_list", "servers", ["user", "serial", "phase", "uuid", "cpu_mhz", "mem_mib"]],
  ["drives_list", "drives", ["user", "serial", "phase", "uuid"]],
  ["resources_list", "resources", ["user", "serial", "type", "resource"]],
] as const;

type Row = { readonly serial: number; readonly uuid: string; readonly config: string };

async function fill(db: Kysely<unknown>): Promise<void> {
  for (let after = -1; ; ) {
    const { rows } = await sql<Row>`
      select serial, uuid, config from servers where serial > ${after} order by serial limit ${PAGE}
    `.execute(db);
    for (const row of rows) {
      const { cpu, mem, vlan, mac } = read(row);
      await sql`
        update servers set cpu_mhz = ${cpu}, mem_mib = ${mem}, vlan = ${vlan}, vlan_mac = ${mac}
        where serial = ${row.serial}
      `.execute(db);
    }
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.serial;
  }
}

/** What a configuration says; nothing where it is damaged. */
function read({ uuid, config }: Row) {
  const keys = parse(config);
  const whole = (value: unknown) => (Number.isSafeInteger(Number(value)) ? Number(value) : 0);
  const vlan = keys["nic:1:model"] === undefined ? undefined : keys["nic:1:vlan"];
  return {
    ...{ cpu: whole(keys.cpu), mem: whole(keys.mem) },
    vlan: vlan === undefined ? null : String(vlan),
    mac: vlan === undefined ? null : String(keys["nic:1:mac"] ?? generatedMac(uuid)),
  };
}

function parse(config: string): Readonly<Record<string, unknown>> {
  try {
    const keys: unknown = JSON.parse(config);
    return typeof keys === "object" && keys !== null ? { ...keys } : {};
  } catch {
    return {};
  }
}

/** What such a NIC had where none was configured, when this was written. */
function generatedMac(uuid: string): string {
  const digest = createHash("sha256").update(`${uuid}/1`).digest();
  return [0x06, ...digest.subarray(0, 5)].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}
