/** What the hosts have for servers, and what of it is promised, as placement sees it. */

import type { HostFacts } from "../host/host.ts";
import { ONLY_HOST } from "../placement/drives.ts";
import type { Need, ServerRoom } from "../placement/servers.ts";
import type { Tx } from "../store/store.ts";
import type { Config } from "./server.ts";

/** What a configuration takes of a host. */
export function needOf({ cpu, mem, smp = "auto" }: Config): Need {
  return { cpuMhz: Number(cpu), memMib: Number(mem), smp: smp === "auto" ? null : Number(smp) };
}

/**
 * The one host that there is. It holds until the transaction ends: of two starts at once the second sees what the first
 * was promised. What has a run is promised for, from the start that is under way to the end that is settled.
 */
export async function serverRoom(tx: Tx, { cores, coreMhz, memMib }: HostFacts): Promise<ServerRoom> {
  const rows = await tx.selectFrom("servers").select("config").where("run", "is not", null).execute();
  const needs = rows.map(({ config }) => needOf(JSON.parse(config) as Config));
  return {
    name: ONLY_HOST,
    cores,
    coreMhz,
    memMib,
    promisedMhz: needs.reduce((sum, { cpuMhz }) => sum + cpuMhz, 0),
    promisedMemMib: needs.reduce((sum, { memMib }) => sum + memMib, 0),
  };
}
