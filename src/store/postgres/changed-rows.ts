/** Whether the queries of a transaction have changed anything, as their results say. */
import type {
  KyselyPlugin,
  PluginTransformQueryArgs,
  PluginTransformResultArgs,
  QueryResult,
  UnknownRow,
} from "kysely";

const WRITES: readonly string[] = ["InsertQueryNode", "UpdateQueryNode", "DeleteQueryNode"];

/** Finds out whether queries have changed any row. */
export class ChangedRows implements KyselyPlugin {
  readonly #asked = new WeakSet<object>();
  any = false;

  transformQuery({ node, queryId }: PluginTransformQueryArgs): PluginTransformQueryArgs["node"] {
    if (WRITES.includes(node.kind)) this.#asked.add(queryId);
    return node;
  }

  async transformResult({ queryId, result }: PluginTransformResultArgs): Promise<QueryResult<UnknownRow>> {
    if (this.#asked.has(queryId) && (result.rows.length > 0 || (result.numAffectedRows ?? 0n) > 0n))
      this.any = true;
    return result;
  }
}
