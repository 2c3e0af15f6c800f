/** The one column whose declaration differs between the engines. */
import type { CreateTableBuilder } from "kysely";

export type Engine = "sqlite" | "postgres";

/** Adds `serial`, the key of a table whose rows are listed in the order in which they were made. */
export function serial(engine: Engine) {
  return <Table extends string, Columns extends string>(table: CreateTableBuilder<Table, Columns>) =>
    engine === "sqlite"
      ? table.addColumn("serial", "integer", (column) => column.primaryKey().autoIncrement())
      : table.addColumn("serial", "bigserial", (column) => column.primaryKey());
}
