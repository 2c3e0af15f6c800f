/**
 * The pools as they stand in the store. An operator adds and removes theirs while the daemon runs, from a process
 * of their own, so whoever gives out an address reads them within the same transaction.
 */
import type { Selectable } from "kysely";
import { words } from "../api/value.ts";
import { busy, missing } from "../base/errors.ts";
import { networkText, overlap, parseNetwork } from "../base/ipv4.ts";
import { subnetMeetsPool } from "../host/errors.ts";
import type { HostFacts } from "../host/host.ts";
import type { Store, Tx } from "../store/store.ts";
import type { PoolsTable } from "../store/tables.ts";
import { hostPool, type Pool, poolOf } from "./pool.ts";

export type PoolRow = Selectable<PoolsTable>;

export function poolFrom(row: PoolRow): Pool {
  const network = parseNetwork(row.network);
  if (network === null) throw new Error(`the store has a pool ${row.network}, which is no network`);
  const { origin, first, last, gateway, nameservers } = row;
  return { network, prefix: network.prefix, origin, first, last, gateway, nameservers: words(nameservers) };
}

/** All of them, in the order in which they were added. */
export async function allPools(tx: Tx): Promise<readonly Pool[]> {
  return (await tx.selectFrom("pools").selectAll().orderBy("serial").execute()).map(poolFrom);
}

/** Adds an operator's pool. Errors: `busy` when it shares addresses with another, or with the guests' private subnet. */
export async function addPool(store: Store, pool: Pool): Promise<void> {
  await store.transaction(async (tx) => {
    const other = (await allPools(tx)).find(({ network }) => overlap(network, pool.network));
    if (other !== undefined) {
      const what = other.origin === "host" ? "the guests' private subnet" : "the pool";
      throw busy(`${networkText(pool.network)} overlaps with ${what} ${networkText(other.network)}`);
    }
    await insert(tx, pool, "");
  });
}

/** Removes an operator's pool. Errors: `missing`; `busy` while a user holds an address of it. */
export async function removePool(store: Store, network: string): Promise<void> {
  await store.transaction(async (tx) => {
    const row = await tx.selectFrom("pools").selectAll().where("network", "=", network).executeTakeFirst();
    if (row === undefined) throw missing(`there is no pool ${network.slice(0, 60)}`);
    if (row.origin === "host") {
      throw busy(`${network} is the guests' private subnet: its pool is there for as long as that is`);
    }
    const [held] = (await heldAddresses(tx)).filter((address) => poolOf(address, [poolFrom(row)]) !== null);
    if (held !== undefined) throw busy(`the pool ${network} is in use: a user holds ${held}`);
    await tx.deleteFrom("pools").where("network", "=", network).execute();
  });
}

/** All pools, with how many of their addresses users hold. */
export async function listPools(store: Store): Promise<readonly { pool: Pool; taken: number }[]> {
  return store.snapshot(async (tx) => {
    const pools = await allPools(tx);
    const held = Map.groupBy(await heldAddresses(tx), (address) => poolOf(address, pools));
    return pools.map((pool) => ({ pool, taken: held.get(pool)?.length ?? 0 }));
  });
}

/** The networks of the operator's pools: no host's own subnet is to meet them. */
export async function operatorNetworks(store: Store): Promise<readonly string[]> {
  const rows = await store.snapshot((tx) =>
    tx.selectFrom("pools").select("network").where("origin", "=", "operator").execute(),
  );
  return rows.map(({ network }) => network);
}

/**
 * Keeps what the host offers as its own pool; part of every start of the daemon. Errors: `busy` when an operator's pool
 * shares addresses with the guests' private subnet, as it can where that was chosen after the pool was added.
 */
export async function keepHostPool(store: Store, host: string, facts: HostFacts): Promise<void> {
  const own = hostPool(facts);
  await store.transaction(async (tx) => {
    await tx.deleteFrom("pools").where("origin", "=", "host").where("host", "=", host).execute();
    if (own === null) return;
    const other = (await allPools(tx)).find(({ network }) => overlap(network, own.network));
    if (other !== undefined) throw subnetMeetsPool(networkText(own.network), networkText(other.network));
    await insert(tx, own, host);
  });
}

/** @param host the name of the host whose own it is, empty for an operator's */
async function insert(tx: Tx, pool: Pool, host: string): Promise<void> {
  const { network, origin, first, last, gateway, nameservers } = pool;
  await tx
    .insertInto("pools")
    .values({
      ...{ network: networkText(network), origin, host, first, last, gateway },
      nameservers: nameservers.join(" "),
    })
    .execute();
}

async function heldAddresses(tx: Tx): Promise<string[]> {
  const rows = await tx.selectFrom("resources").select("resource").where("type", "=", "ip").execute();
  return rows.map(({ resource }) => resource);
}
