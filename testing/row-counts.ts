/** A store of which it is known how many rows a query answered at most. */
import type { KyselyPlugin } from "kysely";
import type { Store } from "../src/store/store.ts";
import { overriding } from "./overriding.ts";

export function countingRows(store: Store): { readonly store: Store; readonly most: () => number } {
  let most = 0;
  const counter: KyselyPlugin = {
    transformQuery: ({ node }) => node,
    async transformResult({ result }) {
      most = Math.max(most, result.rows.length);
      return result;
    },
  };
  const snapshot: Store["snapshot"] = (work) => store.snapshot((tx) => work(tx.withPlugin(counter)));
  const transaction: Store["transaction"] = (work, options) =>
    store.transaction((tx) => work(tx.withPlugin(counter)), options);
  return { store: overriding(store, { snapshot, transaction }), most: () => most };
}
