/**
 * Records that are damaged: rows of the store of which a column is not what this program writes. Each is an error of its
 * own object and hides no other, so nobody hears of it who does not ask for that object; here all are looked through.
 */
import { damagedAccountColumns } from "../accounts/account.ts";
import { damagedKeyColumns } from "../accounts/api-keys.ts";
import { accountPages } from "../accounts/records.ts";
import { pagesOf } from "../base/pages.ts";
import { damagedDriveColumns } from "../drives/drive.ts";
import { damagedHostColumns } from "../hosts/hosts.ts";
import { damagedOperationColumns } from "../operations/operation.ts";
import { damagedPoolColumns } from "../resources/pools.ts";
import { damagedResourceColumns } from "../resources/resource.ts";
import { damagedServerColumns } from "../servers/server.ts";
import type { Store } from "../store/store.ts";

export type DamagedRecord = {
  /** `operation`: what is wanted of the object that is named. */
  readonly kind: "drive" | "server" | "ip" | "vlan" | "pool" | "host" | "operation" | "account" | "key";
  /** A uuid, an address, a network or a name. */
  readonly name: string;
  readonly columns: readonly string[];
  /** What does not work because of it, and what does, in words. */
  readonly costs: string;
};

const RESOURCE =
  "lists tell its name alone, its info and changes are refused; servers have it as before, and it can be destroyed";

/** Refused is what ends in `record_damaged`. */
const COSTS: Readonly<Record<DamagedRecord["kind"], string>> = {
  drive:
    "lists tell its name alone, and all else is refused, starts of its servers too; it can be destroyed, and who has it open goes on",
  server:
    "lists tell its name alone, its info, changes and start are refused; it can be stopped and destroyed, and one that runs goes on",
  ip: RESOURCE,
  vlan: RESOURCE,
  pool: "it gives no addresses; lodge pool remove takes it away",
  host: "drives, servers and static addresses are neither made nor started; the daemon's next start writes it anew",
  account:
    "its info, and that of all accounts, is refused, and so is what makes or starts something in it; it stops and destroys what it has, and can be closed",
  key: "it opens nothing, or not what it is to: lodge key destroy ends it, and lodge key create makes another",
  operation: "what is wanted is tried without it: a resize does not succeed; destroying the object ends it",
};

/** All of them, a page of rows at a time. Errors: the store's. */
export async function damagedRecords(store: Store): Promise<readonly DamagedRecord[]> {
  const found: DamagedRecord[] = [];
  const judge = (kind: DamagedRecord["kind"], name: string, columns: readonly string[]) => {
    if (columns.length > 0) found.push({ kind, name, columns, costs: COSTS[kind] });
  };
  for await (const rows of drivesOf(store)) {
    for (const row of rows) judge("drive", row.uuid, damagedDriveColumns(row));
  }
  for await (const rows of serversOf(store)) {
    for (const row of rows) judge("server", row.uuid, damagedServerColumns(row));
  }
  for await (const rows of resourcesOf(store)) {
    for (const row of rows) judge(row.type, row.resource, damagedResourceColumns(row));
  }
  for await (const rows of accountPages(store)) {
    for (const row of rows) judge("account", row.uuid, damagedAccountColumns(row));
  }
  for await (const rows of keysOf(store)) {
    for (const row of rows) judge("key", row.uuid, damagedKeyColumns(row));
  }
  const { pools, hosts, operations } = await store.snapshot(async (tx) => ({
    pools: await tx.selectFrom("pools").selectAll().orderBy("serial").execute(),
    hosts: await tx.selectFrom("hosts").select(["name", "facts"]).orderBy("name").execute(),
    operations: await tx.selectFrom("operations").select(["object", "params"]).orderBy("object").execute(),
  }));
  for (const row of pools) judge("pool", row.network, damagedPoolColumns(row));
  for (const row of hosts) judge("host", row.name, damagedHostColumns(row));
  for (const row of operations) judge("operation", row.object, damagedOperationColumns(row));
  return found;
}

const drivesOf = (store: Store) =>
  pagesOf(
    (after, most) =>
      store.snapshot((tx) =>
        tx
          .selectFrom("drives")
          .select(["serial", "uuid", "phase", "properties", "standard"])
          .where("serial", ">", after)
          .orderBy("serial")
          .limit(most)
          .execute(),
      ),
    ({ properties }) => properties.length,
  );

const serversOf = (store: Store) =>
  pagesOf(
    (after, most) =>
      store.snapshot((tx) =>
        tx
          .selectFrom("servers")
          .select(["serial", "uuid", "config", "run"])
          .where("serial", ">", after)
          .orderBy("serial")
          .limit(most)
          .execute(),
      ),
    ({ config }) => config.length,
  );

const resourcesOf = (store: Store) =>
  pagesOf(
    (after, most) =>
      store.snapshot((tx) =>
        tx
          .selectFrom("resources")
          .select(["serial", "type", "resource", "properties"])
          .where("serial", ">", after)
          .orderBy("serial")
          .limit(most)
          .execute(),
      ),
    ({ properties }) => properties.length,
  );

const keysOf = (store: Store) =>
  pagesOf(
    (after, most) =>
      store.snapshot((tx) =>
        tx
          .selectFrom("api_keys")
          .select(["serial", "uuid", "scope", "sha256"])
          .where("serial", ">", after)
          .orderBy("serial")
          .limit(most)
          .execute(),
      ),
    ({ scope, sha256 }) => scope.length + sha256.length,
  );
