/** A store on SQLite of which it is known how each of its queries finds its rows (sqlite.org/eqp.html). */
import { CompiledQuery, createQueryId, type KyselyPlugin, type RootOperationNode } from "kysely";
import type { Store, Tx } from "../src/store/store.ts";
import { overriding } from "./overriding.ts";

export function planning(store: Store): { readonly store: Store; readonly plans: readonly string[] } {
  const plans: string[] = [];
  const planned = async <T>(tx: Tx, work: (tx: Tx) => Promise<T>): Promise<T> => {
    const nodes: RootOperationNode[] = [];
    const noting: KyselyPlugin = {
      transformQuery({ node }) {
        nodes.push(node);
        return node;
      },
      transformResult: async ({ result }) => result,
    };
    const done = await work(tx.withPlugin(noting));
    for (const node of nodes) {
      const { sql, parameters } = tx.getExecutor().compileQuery(node, createQueryId());
      const plan = CompiledQuery.raw(`explain query plan ${sql}`, [...parameters]);
      const { rows } = await tx.executeQuery<{ detail: string }>(plan as CompiledQuery<{ detail: string }>);
      plans.push(...rows.map(({ detail }) => detail));
    }
    return done;
  };
  const transaction: Store["transaction"] = (work, options) =>
    store.transaction((tx) => planned(tx, work), options);
  const snapshot: Store["snapshot"] = (work) => store.snapshot((tx) => planned(tx, work));
  return { store: overriding(store, { transaction, snapshot }), plans };
}
