/**
 * Who may have one more of what all accounts take out of one pool: while there is plenty everybody, and where it runs
 * short those who have least. So no account takes a pool to its end while another has fewer, and one that is alone may
 * have all of it. (A dynamic threshold, as switches have it for their buffers: Choudhury and Hahne, 1998.)
 */
import { full } from "../base/errors.ts";
import { CLOUD_USER } from "../base/ids.ts";
import type { Tx } from "../store/store.ts";
import { type Pool, poolOf } from "./pool.ts";

/** So many each may have, whatever others have: a pool that is as small as that is whose who comes first. */
const FREE_HAND = 4;

/** What is taken of a pool: how much of it each account has that has any. */
export type Holdings = ReadonlyMap<string, number>;

/**
 * Whether the user may have one more. Rules alone.
 *
 * @param size of the whole pool
 * @param accounts how many there are that could take of it
 */
export function mayTakeOne(
  user: string,
  pool: { readonly size: number; readonly accounts: number; readonly holdings: Holdings },
): boolean {
  const held = pool.holdings.get(user) ?? 0;
  const taken = [...pool.holdings.values()].reduce((sum, count) => sum + count, 0);
  // Where nothing is left, that is what is to be said.
  if (taken >= pool.size || held < FREE_HAND || held < pool.size - taken) return true;
  if (pool.holdings.size < pool.accounts) return false;
  return [...pool.holdings.values()].every((other) => other >= held);
}

/** Errors: `full` when what is left of the pool is for accounts that have less of it. */
export async function ensureFairShare(
  tx: Tx,
  user: string,
  size: number,
  holdingsOf: () => Promise<Holdings>,
): Promise<void> {
  const { count } = await tx
    .selectFrom("users")
    .where("uuid", "!=", CLOUD_USER)
    .select((row) => row.fn.countAll().as("count"))
    .executeTakeFirstOrThrow();
  const accounts = Number(count);
  if (accounts <= 1 || mayTakeOne(user, { size, accounts, holdings: await holdingsOf() })) return;
  throw full(
    "address_share_taken",
    "few addresses are left, and they are kept for accounts that have fewer: give some of yours back",
  );
}

/** How many static addresses of those pools each account holds. */
export async function staticHoldings(tx: Tx, pools: readonly Pool[]): Promise<Holdings> {
  const rows = await tx
    .selectFrom("resources")
    .where("type", "=", "ip")
    .select(["user", "resource"])
    .execute();
  const holdings = new Map<string, number>();
  for (const { user, resource } of rows) {
    if (poolOf(resource, pools) !== null) holdings.set(user, (holdings.get(user) ?? 0) + 1);
  }
  return holdings;
}

/** How many addresses the running servers of each account use. */
export async function usedHoldings(tx: Tx): Promise<Holdings> {
  const rows = await tx
    .selectFrom("addresses")
    .innerJoin("servers", "servers.uuid", "addresses.server")
    .select((row) => ["servers.user", row.fn.countAll().as("count")])
    .groupBy("servers.user")
    .execute();
  return new Map(rows.map(({ user, count }) => [user, Number(count)]));
}
