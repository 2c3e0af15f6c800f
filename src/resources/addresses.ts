/**
 * The choice of an address: by chance, so that one is not given again straight after it came back. Temporary ones come
 * out of the host's own range, for `auto`; static ones out of pools, for a user to hold. Which are taken is not read: one
 * is chosen and entered, and another chosen where somebody has it; only a range that is nearly full is searched in order.
 */
import { full } from "../base/errors.ts";
import { ipv4Number, ipv4Text } from "../base/ipv4.ts";
import type { AddressRange } from "../host/host.ts";
import { allHosts } from "../hosts/hosts.ts";
import type { Tx } from "../store/store.ts";
import { ensureFairShare, staticHoldings, usedHoldings } from "./fair-share.ts";
import { capacity, reserved } from "./pool.ts";
import { allPools } from "./pools.ts";

/** How many addresses are tried by chance before the range is searched in order. */
const TRIES = 16;

/** How many servers a host's bridge connects: Linux gives it 1024 ports, and some are not for servers. */
const MOST_PORTS = 1_000;

/** Enters an address for whoever is to have it; answers whether it was free. */
type Take = (address: string) => Promise<boolean>;

/**
 * Gives the server a free address out of the host's range, the preferred one while it is free. Errors: `full`.
 */
export async function allocateAddress(
  tx: Tx,
  server: { readonly uuid: string; readonly user: string },
  range: AddressRange,
  preferred: string | null,
): Promise<string> {
  await ensureFairShare(tx, server.user, Math.min(sizeOf(range), MOST_PORTS), () => usedHoldings(tx));
  const take = (address: string) => useFreeAddress(tx, server.uuid, address);
  const address = await takeAddress(tx, range, preferred, new Set(), take);
  if (address === null) throw full("no_free_address", "all addresses of this host's network are in use");
  return address;
}

/**
 * Gives a user an address to hold: out of the operator's pools, in the order in which they were added, or where there is
 * none out of the hosts' own. Errors: `full`.
 *
 * @param enter records that the user holds it; answers whether nobody did
 */
export async function giveAddress(tx: Tx, user: string, enter: Take): Promise<string> {
  const pools = await allPools(tx);
  // Where guests have user-mode networking, only the host's own addresses lead to them.
  const hasBridges = (await allHosts(tx)).some(({ facts }) => facts.network === "bridged");
  const operators = hasBridges ? pools.filter(({ origin }) => origin === "operator") : [];
  const take: Take = async (address) => !(await isUsed(tx, address)) && (await enter(address));
  const chosen = operators.length > 0 ? operators : pools.filter(({ origin }) => origin === "host");
  await ensureFairShare(tx, user, sumOf(chosen.map(capacity)), () => staticHoldings(tx, chosen));
  for (const pool of chosen) {
    const address = await takeAddress(tx, pool, null, reserved(pool), take);
    if (address !== null) return address;
  }
  throw full("no_free_address", "all static addresses of this cloud are taken");
}

const sizeOf = ({ first, last }: AddressRange) => ipv4Number(last) - ipv4Number(first) + 1;

const sumOf = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0);

/** Takes one of the range that is not among the barred; null when all are taken. */
async function takeAddress(
  tx: Tx,
  range: AddressRange,
  preferred: string | null,
  barred: ReadonlySet<string>,
  take: Take,
): Promise<string | null> {
  for (const address of candidates(range, preferred)) {
    if (!barred.has(address) && (await take(address))) return address;
  }
  const taken = (await takenAddresses(tx)).union(barred);
  for (const address of inOrder(range)) {
    if (!taken.has(address) && (await take(address))) return address;
  }
  return null;
}

/** Enters that the server uses the address, if nobody does and nobody holds it. */
async function useFreeAddress(tx: Tx, server: string, address: string): Promise<boolean> {
  const held = await tx
    .selectFrom("resources")
    .select("resource")
    .where("resource", "=", address)
    .executeTakeFirst();
  if (held !== undefined) return false;
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto("addresses")
    .values({ address, server })
    .onConflict((conflict) => conflict.column("address").doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

async function isUsed(tx: Tx, address: string): Promise<boolean> {
  const use = await tx
    .selectFrom("addresses")
    .select("server")
    .where("address", "=", address)
    .executeTakeFirst();
  return use !== undefined;
}

/** What nobody else may get: what servers use now, and what users hold. */
async function takenAddresses(tx: Tx): Promise<Set<string>> {
  const used = await tx.selectFrom("addresses").select("address").execute();
  const held = await tx.selectFrom("resources").select("resource").where("type", "=", "ip").execute();
  return new Set([...used.map(({ address }) => address), ...held.map(({ resource }) => resource)]);
}

/** The addresses to try: the preferred one, if it is of the range, then some by chance, a number from 0 up to 1. */
export function* candidates(
  range: AddressRange,
  preferred: string | null,
  chance: () => number = Math.random,
): Generator<string> {
  const [first, last] = [ipv4Number(range.first), ipv4Number(range.last)];
  if (preferred !== null && ipv4Number(preferred) >= first && ipv4Number(preferred) <= last) yield preferred;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    yield ipv4Text(first + Math.floor(chance() * (last - first + 1)));
  }
}

/** All addresses of the range. */
export function* inOrder(range: AddressRange): Generator<string> {
  const last = ipv4Number(range.last);
  for (let number = ipv4Number(range.first); number <= last; number++) yield ipv4Text(number);
}
