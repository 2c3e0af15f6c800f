/** A store whose transactions a test has in its hands, whatever else the store can do. */
import type { Store } from "../src/store/store.ts";

/** @param transaction runs in the place of the store's own, which it may call; a test may put another in its place */
export function withTransactions(store: Store, transaction: Store["transaction"]): Store {
  const own: Record<PropertyKey, unknown> = { transaction };
  return new Proxy(store, {
    get(target, name) {
      if (name in own) return own[name];
      const member: unknown = Reflect.get(target, name);
      return typeof member === "function" ? member.bind(target) : member;
    },
    set(_, name, value) {
      own[name] = value;
      return true;
    },
  });
}
