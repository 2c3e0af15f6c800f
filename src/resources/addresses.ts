/**
 * The choice of an address: by chance, so that one is not given again straight after it came back. Temporary ones come
 * out of the host's own range, for `auto`; static ones out of pools, for a user to hold.
 */
import { full } from "../base/errors.ts";
import { ipv4Number, ipv4Text } from "../base/ipv4.ts";
import type { AddressRange, HostFacts } from "../host/host.ts";
import type { Tx } from "../store/store.ts";
import { reserved } from "./pool.ts";
import { allPools } from "./pools.ts";

/** How many addresses are tried by chance before the range is searched in order. */
const TRIES = 16;

/**
 * Gives the server a free address out of the host's range, the preferred one while it is free. Errors: `full`.
 */
export async function allocateAddress(
  tx: Tx,
  server: string,
  range: AddressRange,
  preferred: string | null,
): Promise<string> {
  const address = chooseAddress(range, await takenAddresses(tx), preferred);
  if (address === null) throw full("all addresses of this host's network are in use");
  await tx.insertInto("addresses").values({ address, server }).execute();
  return address;
}

/**
 * A free address for a user to hold: out of the operator's pools, in the order in which they were added, or where there
 * is none out of the host's own. Errors: `full`.
 */
export async function freeAddress(tx: Tx, { network }: HostFacts): Promise<string> {
  const pools = await allPools(tx);
  // Where guests have user-mode networking, only the host's own addresses lead to them.
  const operators = network === "user" ? [] : pools.filter(({ origin }) => origin === "operator");
  const taken = await takenAddresses(tx);
  for (const pool of operators.length > 0 ? operators : pools.filter(({ origin }) => origin === "host")) {
    const address = chooseAddress(pool, taken.union(reserved(pool)), null);
    if (address !== null) return address;
  }
  throw full("all static addresses of this cloud are taken");
}

/** What nobody else may get: what servers use now, and what users hold. */
async function takenAddresses(tx: Tx): Promise<Set<string>> {
  const used = await tx.selectFrom("addresses").select("address").execute();
  const held = await tx.selectFrom("resources").select("resource").where("type", "=", "ip").execute();
  return new Set([...used.map(({ address }) => address), ...held.map(({ resource }) => resource)]);
}

/** The choice itself; null when all are taken. `chance` answers a number from 0 up to but not including 1. */
export function chooseAddress(
  range: AddressRange,
  taken: ReadonlySet<string>,
  preferred: string | null,
  chance: () => number = Math.random,
): string | null {
  const [first, last] = [ipv4Number(range.first), ipv4Number(range.last)];
  const free = (number: number) => !taken.has(ipv4Text(number));
  if (preferred !== null) {
    const number = ipv4Number(preferred);
    if (number >= first && number <= last && free(number)) return preferred;
  }
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const number = first + Math.floor(chance() * (last - first + 1));
    if (free(number)) return ipv4Text(number);
  }
  for (let number = first; number <= last; number++) {
    if (free(number)) return ipv4Text(number);
  }
  return null;
}
