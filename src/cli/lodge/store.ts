/** The store of a home, for administration: whether the daemon runs or not. */
import { type Home, openHome } from "../../home.ts";
import { openStore } from "../../store/open.ts";
import type { Store } from "../../store/store.ts";

/** Opens the store of the home, lets `work` work on it, and closes it. */
export async function withStore(
  dir: string | undefined,
  work: (store: Store, home: Home) => Promise<void>,
): Promise<void> {
  const home = openHome(dir);
  const store = await openStore(home);
  try {
    await work(store, home);
  } finally {
    await store.close();
  }
}
