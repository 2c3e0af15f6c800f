/**
 * Statements that are compiled once for an engine and run in any transaction: to compile one anew costs more than to run it.
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
    return run<Row>(tx, query, query.values(params));
  };
}

/** How many rows or values a statement has at most that is kept: of those that have more, most of what they cost is these. */
const MOST_KEPT = 16;

/**
 * The same of what has several rows or values alike, such as a list of accounts: compiled once for each number of them, where
 * they are few.
 *
 * @param build `many` stand for the rows or values, of which there is one at least
 *
 * @example
 * const namesOf = statementOfMany<{ uuid: string }, {}, { name: string }>((db, many) =>
 *   db.selectFrom("users").select("name").where("uuid", "in", many.map(({ uuid }) => uuid)));
 * const { rows } = await namesOf(tx, [{ uuid: ann }, { uuid: bob }], {});
 */
export function statementOfMany<Each extends RowParams, Common extends QueryParams, Row>(
  build: BuildOfMany<Each, Common, Row>,
): (tx: Tx, many: readonly Each[], common: Common) => Promise<QueryResult<Row>> {
  const compiled = new WeakMap<object, Map<number, CompiledQuery<RowParams>>>();
  return (tx, many, common) => {
    const [first] = many;
    if (first === undefined) throw new RangeError("a statement of many has one at least");
    const keys = Object.keys(first);
    const { adapter } = tx.getExecutor();
    const byCount = compiled.get(adapter) ?? new Map();
    compiled.set(adapter, byCount);
    const query =
      byCount.get(many.length) ??
      compileQuery<RowParams, Row>(tx, (db, param) => {
        const stand = (at: number) => Object.fromEntries(keys.map((key) => [key, param(`${key}:${at}`)]));
        return build(db, many.map((_, at) => stand(at)) as unknown as Each[], param as never);
      });
    if (many.length <= MOST_KEPT) byCount.set(many.length, query);
    const params: Record<string, RowValue> = { ...common };
    for (const [at, each] of many.entries())
      for (const key of keys) params[`${key}:${at}`] = each[key] ?? null;
    return run<Row>(tx, query, query.values(params));
  };
}

/** What a column of a row takes. */
type RowValue = string | number | bigint | null;
export type RowParams = Readonly<Record<string, RowValue>>;

type BuildOfMany<Each, Common, Row> = (
  db: Parameters<BuildQuery<Common, Row>>[0],
  many: readonly Each[],
  param: Parameters<BuildQuery<Common, Row>>[1],
) => ReturnType<BuildQuery<Common, Row>>;

/** Whoever listens to a transaction (`audit/`) is told what kind of statement it is, as of one that was not compiled before. */
function run<Row>(
  tx: Tx,
  { sql, query }: Pick<CompiledQuery<never>, "sql" | "query">,
  values: unknown[],
): Promise<QueryResult<Row>> {
  const raw = Compiled.raw(sql, values) as Compiled<Row>;
  const executor = tx.getExecutor();
  if (executor.plugins.length > 0) executor.transformQuery(query, raw.queryId);
  return tx.executeQuery(raw);
}
