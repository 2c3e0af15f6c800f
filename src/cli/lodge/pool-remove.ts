/** `lodge pool remove`. */
import { removePool } from "../../resources/pools.ts";
import { withStore } from "./store.ts";
import { only, parseHome } from "./subcommand.ts";

/** Errors: `usage`; `missing`; `busy` while a user holds an address of the pool. */
export async function run(args: readonly string[]): Promise<void> {
  const { home, positionals } = parseHome(args);
  const network = only(positionals, "pool remove takes one NET, as pool list shows it");
  await withStore(home, (store) => removePool(store, network));
}
