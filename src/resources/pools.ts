/**
 * The pools as they stand in the store. An operator adds and removes theirs while the daemon runs, from a process
 * of their own, so whoever gives out an address reads them within the same transaction.
 */
import type { Selectable } from "kysely";
import { z } from "zod";
import { shownWord } from "../api/shown.ts";
import { ipv4, words } from "../api/value.ts";
import { busy, failed, missing } from "../base/errors.ts";
import { type Ipv4Network, networkOf, networkText, overlap, parseNetwork } from "../base/ipv4.ts";
import { subnetMeetsPool } from "../host/errors.ts";
import type { HostFacts } from "../host/host.ts";
import type { Store, Tx } from "../store/store.ts";
import type { PoolsTable } from "../store/tables.ts";
import { hostPool, type Pool, poolOf } from "./pool.ts";

export type PoolRow = Selectable<PoolsTable>;

/** What the column texts of a pool must be. */
const ADDRESSES = z.object({ first: ipv4, last: ipv4, gateway: ipv4, nameservers: z.array(ipv4) });

const addressesIn = ({ first, last, gateway, nameservers }: PoolRow) =>
  ADDRESSES.safeParse({ first, last, gateway, nameservers: words(nameservers) });

/** The columns that are damaged. */
export function damagedPoolColumns(row: PoolRow): readonly string[] {
  const of = addressesIn(row).error?.issues.map(({ path: [column] }) => String(column)) ?? [];
  return [...new Set([...(parseNetwork(row.network) === null ? ["network"] : []), ...of])];
}

/** Errors: `failed`, naming the pool, when its row is damaged. */
function poolFrom(row: PoolRow): Pool {
  const network = parseNetwork(row.network);
  const { data: addresses, error } = addressesIn(row);
  if (network === null || addresses === undefined) {
    throw failed("record_damaged", `what the store says of the pool ${row.network} is damaged`, {
      cause: error,
    });
  }
  return { network, prefix: network.prefix, origin: row.origin, ...addresses };
}

/** The pools of rows, but for those that are damaged: they give no addresses, and keep no other from doing so. */
export function readablePools(rows: readonly PoolRow[]): readonly Pool[] {
  return sorted(rows).pools;
}

function sorted(rows: readonly PoolRow[]): { readonly pools: Pool[]; readonly damaged: Error[] } {
  const [pools, damaged]: [Pool[], Error[]] = [[], []];
  for (const row of rows) {
    try {
      pools.push(poolFrom(row));
    } catch (error) {
      damaged.push(error as Error);
    }
  }
  return { pools, damaged };
}

const rowsOf = (tx: Tx) => tx.selectFrom("pools").selectAll().orderBy("serial").execute();

/** All that are not damaged, in the order in which they were added. */
export async function allPools(tx: Tx): Promise<readonly Pool[]> {
  return readablePools(await rowsOf(tx));
}

/** An error for each pool whose row is damaged, which names it. */
export async function damagedPools(store: Store): Promise<readonly Error[]> {
  return sorted(await store.snapshot(rowsOf)).damaged;
}

/** A pool that shares addresses with the network, also one that is damaged otherwise. */
async function overlapping(
  tx: Tx,
  network: Ipv4Network,
): Promise<Pick<PoolRow, "network" | "origin"> | null> {
  const meets = (text: string) => {
    const other = parseNetwork(text);
    return other !== null && overlap(other, network);
  };
  return (await rowsOf(tx)).find((row) => meets(row.network)) ?? null;
}

/** Adds an operator's pool. Errors: `busy` when it shares addresses with another, or with the guests' private subnet. */
export async function addPool(store: Store, pool: Pool): Promise<void> {
  await store.transaction(
    async (tx) => {
      const other = await overlapping(tx, pool.network);
      if (other !== null) {
        const what = other.origin === "host" ? "the guests' private subnet" : "the pool";
        throw busy(
          "pool_meets_network",
          `${networkText(pool.network)} overlaps with ${what} ${other.network}`,
        );
      }
      await insert(tx, pool, "");
    },
    { grows: true },
  );
}

/** Removes an operator's pool. Errors: `missing`; `busy` while a user holds an address of it. */
export async function removePool(store: Store, network: string): Promise<void> {
  const networkName = shownWord(network);
  await store.transaction(async (tx) => {
    const row = await tx.selectFrom("pools").selectAll().where("network", "=", network).executeTakeFirst();
    if (row === undefined) throw missing("no_such_pool", `there is no pool ${networkName}`);
    if (row.origin === "host") {
      throw busy(
        "pool_in_use",
        `${networkName} is the guests' private subnet: its pool is there for as long as that is`,
      );
    }
    // Of one whose very network is damaged no address is known.
    const own = parseNetwork(network);
    const isOfIt = (address: string) => own !== null && overlap(own, networkOf(address, 32));
    const held = (await heldAddresses(tx)).find(isOfIt);
    if (held !== undefined)
      throw busy("pool_in_use", `the pool ${networkName} is in use: a user holds ${held}`);
    await tx.deleteFrom("pools").where("network", "=", network).execute();
  });
}

/** All pools that are not damaged, with how many of their addresses users hold. */
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
    const other = await overlapping(tx, own.network);
    if (other !== null) throw subnetMeetsPool(networkText(own.network), other.network);
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
