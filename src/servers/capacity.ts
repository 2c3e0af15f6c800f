/** What servers take of hosts, and what hosts have for them, as placement sees it. */
import { allocate, type HostRecord } from "../hosts/hosts.ts";
import type { Need, ServerHostLoad } from "../placement/servers.ts";
import type { Tx } from "../store/store.ts";
import type { Configuration } from "./configuration.ts";
import { SERVER_COLUMNS, type Server, serverOf } from "./server.ts";

/** What a configuration takes of a host. */
export function needOf({ cpuMhz, memMib, smp }: Configuration): Need {
  return { cpuMhz, memMib, smp };
}

export function loadOf({ name, facts, allocatedMemMib, allocatedMhz }: HostRecord): ServerHostLoad {
  const { cores, coreMhz, memMib } = facts;
  return { name, cores, coreMhz, memMib, allocatedMhz, allocatedMemMib };
}

/** Gives the server's host back what its run was given. */
export async function giveBack(tx: Tx, { host, run, configuration }: Server): Promise<void> {
  if (run === null) return;
  const { cpuMhz, memMib } = configuration;
  await allocate(tx, host, { mhz: -cpuMhz, memMib: -memMib });
}

/** What the rows of servers say is allocated on a host; its counters are to say the same (tests, the hourly check). */
export async function allocatedToServers(
  tx: Tx,
  host: string,
): Promise<{ readonly memMib: number; readonly mhz: number }> {
  const rows = await tx
    .selectFrom("servers")
    .select(SERVER_COLUMNS)
    .where("host", "=", host)
    .where("run", "is not", null)
    .execute();
  const configurations = rows.map((row) => serverOf(row).configuration);
  return {
    memMib: configurations.reduce((sum, { memMib }) => sum + memMib, 0),
    mhz: configurations.reduce((sum, { cpuMhz }) => sum + cpuMhz, 0),
  };
}
