/**
 * Statements that are compiled once for an engine and run in any transaction: to compile one anew costs as much as to run it.
 */
import { CompiledQuery as Compiled, type QueryResult } from "kysely";
import { type CompiledQuery, compileQuery } from "./compiled-query.ts";
import type { BuildQuery, QueryParams, Tx } from "./store.ts";

/** Runs the statement with these values of its parameters. */
export type Statement<Params extends QueryParams, Row> = (
  tx: Tx,
  params: Params,
) => Promise<QueryResult<Row>>;

/**
 * @example
 * const userNamed = statement<{ name: string }, { uuid: string }>((db, param) =>
 *   db.selectFrom("users").select("uuid").where("name", "=", param("name")));
 * const { rows } = await userNamed(tx, { name: "ann" });
 */
export function statement<Params extends QueryParams, Row>(
  build: BuildQuery<Params, Row>,
): Statement<Params, Row> {
  const compiled = new WeakMap<object, CompiledQuery<Params>>();
  return (tx, params) => {
    const { adapter } = tx.getExecutor();
    const query = compiled.get(adapter) ?? compileQuery(tx, build);
    compiled.set(adapter, query);
    return tx.executeQuery<Row>(Compiled.raw(query.sql, query.values(params)) as Compiled<Row>);
  };
}
