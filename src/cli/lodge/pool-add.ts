/** `lodge pool add`: addresses for users, on the store itself, whether the daemon runs or not. */
import { busy } from "../../base/errors.ts";
import { networkText, takerOf } from "../../base/ipv4.ts";
import { occupiedNetworks } from "../../host/network/machine.ts";
import { operatorPool, type Pool } from "../../resources/pool.ts";
import { addPool } from "../../resources/pools.ts";
import { poolLine } from "./pool-line.ts";
import { withStore } from "./store.ts";
import { only, parse, print } from "./subcommand.ts";

/** Prints the pool's line. Errors: `usage`; `busy` when it overlaps with what is there. */
export async function run(args: readonly string[]): Promise<void> {
  const { values, positionals } = parse(args, {
    gateway: { type: "string" },
    nameserver: { type: "string", multiple: true },
    home: { type: "string" },
  });
  const { gateway, nameserver: nameservers = [] } = values;
  const network = only(positionals, "pool add takes one NET, such as 203.0.113.0/28");
  await withStore(values.home, async (store, { id }) => {
    const pool = operatorPool({ network, gateway, nameservers }, "--");
    await ensureFree(pool, `lodge-${id}`);
    await addPool(store, pool);
    print(poolLine(pool, 0));
  });
}

/**
 * Errors: `busy` when the machine has an address or a route in the pool, but for those of the cloud's own uplink.
 *
 * The guests' private subnet is such a route; the store checks the pool for it, and knows it also while the cloud does
 * not run.
 */
async function ensureFree({ network }: Pool, uplink: string): Promise<void> {
  const met = takerOf(network, await occupiedNetworks(uplink));
  if (met === undefined) return;
  throw busy(`${networkText(network)} overlaps with ${networkText(met)}, which this machine has or reaches`);
}
