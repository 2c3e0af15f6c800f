/**
 * The hosts of the cloud: each by its name, as a machine to be asked and as a row with what it has and what of it is
 * allocated. Whatever changes what is allocated changes the counters in the same transaction: nothing sums up rows.
 */
import type { Selectable } from "kysely";
import { z } from "zod";
import { isColumnDamaged, readColumn } from "../base/column.ts";
import { busy, failed } from "../base/errors.ts";
import type { DiskSpace, Host, HostFacts } from "../host/host.ts";
import { statement } from "../store/statement.ts";
import type { Store, Tx } from "../store/store.ts";
import type { HostsTable } from "../store/tables.ts";

/** The name of the host that a cloud of one machine has. */
export const LOCAL_HOST = "local";

/** A host as the store knows it. */
export type HostRecord = {
  readonly name: string;
  readonly facts: HostFacts;
  /** What drives may take of its disk, full or empty. */
  readonly diskBytes: number;
  readonly allocatedDiskBytes: number;
  readonly allocatedMemMib: number;
  readonly allocatedMhz: number;
};

/** What is given to an object on a host, or given back where it is negative. */
export type Allocation = {
  readonly diskBytes?: number;
  readonly memMib?: number;
  readonly mhz?: number;
};

/** The machines that can be asked from here. */
export class Hosts {
  readonly #hosts: ReadonlyMap<string, Host>;

  constructor(hosts: ReadonlyMap<string, Host>) {
    this.#hosts = hosts;
  }

  /** Errors: `failed` for one that cannot be asked from here. */
  get(name: string): Host {
    const host = this.#hosts.get(name);
    if (host === undefined) throw failed("host_unavailable", `host ${name} cannot be reached from here`);
    return host;
  }

  [Symbol.iterator](): IterableIterator<[string, Host]> {
    return this.#hosts.entries();
  }
}

/**
 * Records what a host says of itself; it becomes known by this. Its counters stay.
 *
 * Errors: `busy` when the name is another machine's: what runs and lies there is not what this one can tell of.
 *
 * @param identity what tells the machine from all others
 */
export async function recordHost(
  store: Store,
  name: string,
  facts: HostFacts,
  disk: DiskSpace,
  identity: string,
): Promise<void> {
  const said = { identity, facts: JSON.stringify(facts), disk_bytes: disk.freeBytes + disk.allocatedBytes };
  const none = { allocated_disk_bytes: 0, allocated_mem_mib: 0, allocated_mhz: 0 };
  await store.transaction(async (tx) => {
    const known = await tx.selectFrom("hosts").select("identity").where("name", "=", name).executeTakeFirst();
    if (known !== undefined && known.identity !== "" && known.identity !== identity) {
      throw busy(`the host ${name} of this database is the home ${known.identity}, and this is ${identity}`);
    }
    await tx
      .insertInto("hosts")
      .values({ name, ...said, ...none })
      .onConflict((conflict) => conflict.column("name").doUpdateSet(said))
      .execute();
  });
}

/** The host of that name is another home's from now on: that of a copy, which has a copy of the database. */
export async function moveHost(store: Store, name: string, identity: string): Promise<void> {
  await store.transaction((tx) =>
    tx.updateTable("hosts").set({ identity }).where("name", "=", name).execute(),
  );
}

/** All hosts that have said what they are, by name. They hold until the transaction ends. Errors: `failed` when a row is damaged. */
export async function allHosts(tx: Tx): Promise<readonly HostRecord[]> {
  const rows = await tx.selectFrom("hosts").selectAll().where("facts", "!=", "").orderBy("name").execute();
  return rows.map(hostFrom);
}

/** Errors: `failed` when the store knows no such host, or its row is damaged. */
export async function hostNamed(tx: Tx, name: string): Promise<HostRecord> {
  const row = await tx.selectFrom("hosts").selectAll().where("name", "=", name).executeTakeFirst();
  if (row === undefined || row.facts === "") throw failed("host_unavailable", `there is no host ${name}`);
  return hostFrom(row);
}

/** The host of that name; null of one that has not said yet what it is, or whose row is damaged. */
export async function findHost(tx: Tx, name: string): Promise<HostRecord | null> {
  const row = await tx.selectFrom("hosts").selectAll().where("name", "=", name).executeTakeFirst();
  const isThere = row !== undefined && row.facts !== "" && damagedHostColumns(row).length === 0;
  return isThere ? hostFrom(row) : null;
}

/** What a host's disk has, and what of it is allocated; also of one that has not said yet what it is. */
export async function diskOf(
  tx: Tx,
  name: string,
): Promise<Pick<HostRecord, "name" | "diskBytes" | "allocatedDiskBytes">> {
  const row = await tx
    .selectFrom("hosts")
    .select(["disk_bytes", "allocated_disk_bytes"])
    .where("name", "=", name)
    .executeTakeFirstOrThrow();
  return { name, diskBytes: row.disk_bytes, allocatedDiskBytes: row.allocated_disk_bytes };
}

/** Records what a host says of its disk. */
export async function recordDisk(tx: Tx, name: string, disk: DiskSpace): Promise<void> {
  await setDisk(tx, { name, bytes: disk.freeBytes + disk.allocatedBytes });
}

const setDisk = statement<{ name: string; bytes: number }, unknown>((db, param) =>
  db
    .updateTable("hosts")
    .set({ disk_bytes: param("bytes") })
    .where("name", "=", param("name")),
);

/** Changes what is allocated on the host, in the transaction that chose the host. */
export async function allocate(
  tx: Tx,
  name: string,
  { diskBytes = 0, memMib = 0, mhz = 0 }: Allocation,
): Promise<void> {
  await tx
    .updateTable("hosts")
    .set((row) => ({
      allocated_disk_bytes: row("allocated_disk_bytes", "+", diskBytes),
      allocated_mem_mib: row("allocated_mem_mib", "+", memMib),
      allocated_mhz: row("allocated_mhz", "+", mhz),
    }))
    .where("name", "=", name)
    .execute();
}

const RANGE = { first: z.ipv4(), last: z.ipv4() };

const FACTS: z.ZodType<HostFacts> = z.object({
  cores: z.int(),
  coreMhz: z.number(),
  memMib: z.number(),
  accelerator: z.enum(["kvm", "tcg"]),
  network: z.enum(["bridged", "user"]),
  cpuQuotas: z.boolean(),
  separateUid: z.boolean(),
  addresses: z.object(RANGE),
  staticAddresses: z
    .object({ ...RANGE, prefix: z.int(), gateway: z.ipv4(), nameservers: z.array(z.ipv4()) })
    .nullable(),
});

/** The columns that are damaged. */
export const damagedHostColumns = ({ facts }: Pick<Selectable<HostsTable>, "facts">): readonly string[] =>
  facts !== "" && isColumnDamaged(FACTS, facts) ? ["facts"] : [];

/** Errors: `failed`, naming the host, when its row is damaged. */
function hostFrom(row: Selectable<HostsTable>): HostRecord {
  return {
    name: row.name,
    facts: readColumn(FACTS, row.facts, `host ${row.name}`),
    diskBytes: row.disk_bytes,
    allocatedDiskBytes: row.allocated_disk_bytes,
    allocatedMemMib: row.allocated_mem_mib,
    allocatedMhz: row.allocated_mhz,
  };
}
