/**
 * Whole numbers of any size in columns of 64 bits. What comes out of such a column as a number of JavaScript's may have
 * lost its last digits, so it is read as text, and goes in as a bigint.
 */
import { type ColumnType, type RawBuilder, sql } from "kysely";

/** What a query answers of such a column that was not read by `exact`: of no use. */
type Inexact = { readonly readBy: "exact" };

export type ExactColumn = ColumnType<Inexact, bigint, bigint>;

/** The column as text, which `BigInt` reads. */
export const exact = (column: string): RawBuilder<string> => sql<string>`cast(${sql.ref(column)} as text)`;
