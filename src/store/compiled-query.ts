/** Queries that are compiled once and run with other values each time. */
import type { Kysely, RootOperationNode } from "kysely";
import type { BuildQuery } from "./store.ts";
import type { Tables } from "./tables.ts";

/** Stands in a compiled query for a parameter that is filled in at each run. */
class Placeholder {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

export type CompiledQuery<Params> = {
  readonly sql: string;
  /** What it is made of. */
  readonly query: RootOperationNode;
  /** The values of the SQL's parameters, in their order. */
  values(params: Params): unknown[];
  /** What identifies a set of parameters. */
  key(params: Params): string;
};

export function compileQuery<Params extends Readonly<Record<string, unknown>>, Row>(
  db: Kysely<Tables>,
  build: BuildQuery<Params, Row>,
): CompiledQuery<Params> {
  const { sql, query, parameters } = build(db, (name) => new Placeholder(String(name)) as never).compile();
  const [first = "", ...others] = [
    ...new Set(parameters.filter((value) => value instanceof Placeholder).map(({ name }) => name)),
  ];
  return {
    sql,
    query,
    values: (params) =>
      parameters.map((value) => (value instanceof Placeholder ? params[value.name] : value)),
    key(params) {
      // Of one parameter the string that came is the key, whose hash is known.
      let key = String(params[first]);
      for (const name of others) key += `\n${params[name]}`;
      return key;
    },
  };
}
