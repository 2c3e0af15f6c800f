/**
 * Temporary addresses: what `auto` gives a server for as long as it runs. One address, one server: the table's key
 * holds that against two callers at once.
 */
import { full } from "../api/errors.ts";
import type { HostFacts } from "../host/host.ts";
import type { Tx } from "../store/store.ts";

/** How many addresses are tried by chance before the range is searched in order. */
const TRIES = 16;

/**
 * Gives the server a free address out of the host's range: the preferred one while it is free, otherwise one by
 * chance, so that an address is not given again straight after it came back. Errors: `full`.
 */
export async function allocateAddress(
  tx: Tx,
  server: string,
  range: HostFacts["addresses"],
  preferred: string | null,
): Promise<string> {
  const rows = await tx.selectFrom("addresses").select("address").execute();
  const address = chooseAddress(range, new Set(rows.map((row) => row.address)), preferred);
  if (address === null) throw full("all addresses of this host's network are in use");
  await tx.insertInto("addresses").values({ address, server }).execute();
  return address;
}

/** The choice itself; null when all are taken. `chance` answers a number from 0 up to but not including 1. */
export function chooseAddress(
  range: HostFacts["addresses"],
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

/** Gives back all temporary addresses of the server. */
export async function releaseAddresses(tx: Tx, server: string): Promise<void> {
  await tx.deleteFrom("addresses").where("server", "=", server).execute();
}

function ipv4Number(text: string): number {
  return text.split(".").reduce((number, part) => number * 256 + Number(part), 0);
}

function ipv4Text(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");
}
