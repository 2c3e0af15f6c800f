/** `lodge pool list`: a line for each pool. */
import { damagedPools, listPools } from "../../resources/pools.ts";
import { poolLine } from "./pool-line.ts";
import { withStore } from "./store.ts";
import { parseHome, print } from "./subcommand.ts";

/** Errors: `usage`. */
export async function run(args: readonly string[]): Promise<void> {
  await withStore(parseHome(args).home, async (store) => {
    print(...(await listPools(store)).map(({ pool, taken }) => poolLine(pool, taken)));
    print(...(await damagedPools(store)).map(({ message }) => `${message}: it gives no addresses`));
  });
}
