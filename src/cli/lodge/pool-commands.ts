/** The operator's pools, administered from the command line: on the store itself, whether the daemon runs or not. */
import { busy } from "../../base/errors.ts";
import { networkText } from "../../base/ipv4.ts";
import { occupiedNetworks } from "../../host/network/machine.ts";
import { isFree } from "../../host/network/subnet.ts";
import { capacity, operatorPool, type Pool, type Wanted } from "../../resources/pool.ts";
import { addPool, listPools, removePool } from "../../resources/pools.ts";
import { withStore } from "./store.ts";

type Pools = {
  /** Adds a pool and answers its line. Errors: `usage`; `busy` when it overlaps with what is there. */
  add(wanted: Wanted): Promise<string>;
  /** A line for each pool. */
  list(): Promise<string[]>;
  /** Errors: `missing`; `busy` while a user holds an address of it. */
  remove(network: string): Promise<void>;
};

/** Lets `work` work on the pools of the home. */
export async function administerPools(
  dir: string | undefined,
  work: (pools: Pools) => Promise<void>,
): Promise<void> {
  await withStore(dir, (store, { id }) =>
    work({
      async add(wanted) {
        const pool = operatorPool(wanted);
        await judgeMachine(pool, `lodge-${id}`);
        await addPool(store, pool);
        return line(pool, 0);
      },
      list: async () => (await listPools(store)).map(({ pool, taken }) => line(pool, taken)),
      remove: (network) => removePool(store, network),
    }),
  );
}

/**
 * Errors: `busy` when the machine has an address or a route in the pool, but for those of the cloud's own uplink.
 *
 * The guests' private subnet is such a route; the pool is held against it by the store, which knows it while the cloud
 * does not run, too.
 */
async function judgeMachine({ network }: Pool, uplink: string): Promise<void> {
  const met = (await occupiedNetworks(uplink)).find((other) => !isFree(network, [other]));
  if (met === undefined) return;
  throw busy(`${networkText(network)} overlaps with ${networkText(met)}, which this machine has or reaches`);
}

function line(pool: Pool, taken: number): string {
  const { network, gateway, nameservers, origin } = pool;
  return [
    `${networkText(network)} gateway ${gateway}`,
    ...nameservers.map((nameserver) => ` nameserver ${nameserver}`),
    `, ${taken} of ${capacity(pool)} taken`,
    origin === "host" ? ", the guests' private subnet" : "",
  ].join("");
}
