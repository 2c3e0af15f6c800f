/** What servers take of hosts, and what hosts have for them, as placement sees it. */
import { allocate, type HostRecord, hostNamed } from "../hosts/hosts.ts";
import type { Need, ServerHostLoad } from "../placement/servers.ts";
import type { Tx } from "../store/store.ts";
import type { Configuration } from "./configuration.ts";
import { type EndingServer, endingServerOf, SERVER_COLUMNS, serverOf } from "./server.ts";

/** What a configuration takes of a host. */
export function needOf({ cpuMhz, memMib, smp }: Configuration): Need {
  return { cpuMhz, memMib, smp };
}

export function loadOf({ name, facts, allocatedMemMib, allocatedMhz }: HostRecord): ServerHostLoad {
  const { cores, coreMhz, memMib } = facts;
  return { name, cores, coreMhz, memMib, allocatedMhz, allocatedMemMib };
}

/** Gives the server's host back what its run was given; one whose row does not say it is left out of a new count. */
export async function giveBack(tx: Tx, { uuid, host, hasRun, configuration }: EndingServer): Promise<void> {
  if (!hasRun) return;
  if (configuration === null) return recount(tx, host, uuid);
  const { cpuMhz, memMib } = configuration;
  await allocate(tx, host, { mhz: -cpuMhz, memMib: -memMib });
}

/**
 * Sums up anew what all servers but one were given. While another is damaged, too, nobody knows: then nothing is given
 * back, and too much counts as allocated until the last of them ends.
 */
async function recount(tx: Tx, host: string, ending: string): Promise<void> {
  const rows = (await runningOn(tx, host)).filter(({ uuid }) => uuid !== ending);
  const configurations = rows.map((row) => endingServerOf(row).configuration);
  if (!configurations.every((configuration) => configuration !== null)) return;
  const { memMib, mhz } = sumOf(configurations);
  const { allocatedMemMib, allocatedMhz } = await hostNamed(tx, host);
  await allocate(tx, host, { memMib: memMib - allocatedMemMib, mhz: mhz - allocatedMhz });
}

/**
 * What the rows of servers say is allocated on a host; its counters are to say the same (tests, the hourly check).
 * Errors: `failed` when a row is damaged.
 */
export async function allocatedToServers(tx: Tx, host: string): Promise<Sum> {
  return sumOf((await runningOn(tx, host)).map((row) => serverOf(row).configuration));
}

const runningOn = (tx: Tx, host: string) =>
  tx
    .selectFrom("servers")
    .select(SERVER_COLUMNS)
    .where("host", "=", host)
    .where("run", "is not", null)
    .execute();

type Sum = { readonly memMib: number; readonly mhz: number };

const sumOf = (configurations: readonly Configuration[]): Sum => ({
  memMib: configurations.reduce((sum, { memMib }) => sum + memMib, 0),
  mhz: configurations.reduce((sum, { cpuMhz }) => sum + cpuMhz, 0),
});
