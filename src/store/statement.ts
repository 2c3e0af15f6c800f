/**
 * Statements that are compiled once for an engine and run in any transaction: to compile one anew costs more than to run it.
 */
import { type CompiledQuery as Compiled, createQueryId, type QueryResult } from "kysely";
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
 * const addUsers = statementOfMany<{ uuid: string; name: string }, {}, unknown>((db, users) =>
 *   db.insertInto("users").values(users));
 * await addUsers(tx, [{ uuid: ann, name: "ann" }, { uuid: bob, name: "bob" }], {});
 */
export function statementOfMany<Each extends RowParams, Common extends QueryParams, Row>(
  build: BuildOfMany<Each, Common, Row>,
): (tx: Tx, many: readonly Each[], common: Common) => Promise<QueryResult<Row>> {
  const compiled = new WeakMap<object, Map<number, OfMany>>();
  return (tx, many, common) => {
    const { adapter } = tx.getExecutor();
    const byCount = compiled.get(adapter) ?? new Map<number, OfMany>();
    compiled.set(adapter, byCount);
    const query = byCount.get(many.length) ?? compileOfMany(tx, build, many);
    if (many.length <= MOST_KEPT) byCount.set(many.length, query);
    const values = query.sources.map((source) => {
      if (!(source instanceof Source)) return source;
      return source.at === null ? common[source.key] : many[source.at]?.[source.key];
    });
    return run<Row>(tx, query, values);
  };
}

/**
 * The same of values of one kind, such as uuids.
 *
 * @example
 * const namesOf = statementOfValues<{}, { name: string }>((db, uuids) =>
 *   db.selectFrom("users").select("name").where("uuid", "in", uuids));
 * const { rows } = await namesOf(tx, [ann, bob], {});
 */
export function statementOfValues<Common extends QueryParams, Row>(
  build: BuildOfMany<string, Common, Row>,
): (tx: Tx, values: readonly string[], common: Common) => Promise<QueryResult<Row>> {
  const run = statementOfMany<{ value: string }, Common, Row>((db, many, param) =>
    build(
      db,
      many.map(({ value }) => value),
      param,
    ),
  );
  return (tx, values, common) =>
    run(
      tx,
      values.map((value) => ({ value })),
      common,
    );
}

/** Where a parameter's value comes from: a row or value of several, or (null) what they share. */
class Source {
  readonly at: number | null;
  readonly key: string;

  constructor(at: number | null, key: string) {
    this.at = at;
    this.key = key;
  }
}

/** `sources` are the parameters in their order: what is no `Source` is the value itself. */
type OfMany = Pick<CompiledQuery<never>, "sql" | "query"> & { readonly sources: readonly unknown[] };

/** Errors: RangeError, there is none. */
function compileOfMany<Each extends RowParams, Common, Row>(
  tx: Tx,
  build: BuildOfMany<Each, Common, Row>,
  many: readonly Each[],
): OfMany {
  const [first] = many;
  if (first === undefined) throw new RangeError("a statement of many has one at least");
  const keys = Object.keys(first);
  const stand = many.map((_, at) => Object.fromEntries(keys.map((key) => [key, new Source(at, key)])));
  const common = (name: unknown) => new Source(null, String(name)) as never;
  const { sql, query, parameters } = build(tx, stand as unknown as Each[], common).compile();
  return { sql, query, sources: parameters };
}

/** What a column of a row takes. */
export type RowParams = Readonly<Record<string, string | number | bigint | null>>;

type BuildOfMany<Each, Common, Row> = (
  db: Parameters<BuildQuery<Common, Row>>[0],
  many: readonly Each[],
  param: Parameters<BuildQuery<Common, Row>>[1],
) => ReturnType<BuildQuery<Common, Row>>;

/** Whoever listens to a transaction (`postgres/changed-rows.ts`) is told what kind of statement it is, as of one that was not compiled before. */
function run<Row>(
  tx: Tx,
  { sql, query }: Pick<CompiledQuery<never>, "sql" | "query">,
  values: unknown[],
): Promise<QueryResult<Row>> {
  const queryId = createQueryId();
  const { plugins } = tx.getExecutor();
  if (plugins.length > 0) tx.getExecutor().transformQuery(query, queryId);
  return tx.executeQuery<Row>({ sql, query, parameters: values, queryId } as Compiled<Row>);
}
