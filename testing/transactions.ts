/** A store whose transactions a test has in its hands, whatever else the store can do. */
import type { Store } from "../src/store/store.ts";
import { overriding } from "./overriding.ts";

/** @param transaction runs in the place of the store's own, which it may call */
export const withTransactions = (store: Store, transaction: Store["transaction"]): Store =>
  overriding(store, { transaction });
