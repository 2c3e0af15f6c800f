/** A store whose transactions a test has in its hands, whatever else the store can do. */
import type { Store } from "../src/store/store.ts";

/** @param transaction runs in the place of the store's own, which it may call */
export function withTransactions(store: Store, transaction: Store["transaction"]): Store {
  return new Proxy(store, {
    get(target, name) {
      if (name === "transaction") return transaction;
      const own: unknown = Reflect.get(target, name);
      return typeof own === "function" ? own.bind(target) : own;
    },
  });
}
