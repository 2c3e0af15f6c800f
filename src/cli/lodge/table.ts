/** Tables for people: a row a line, its columns below one another. */
import { visible } from "../../base/one-line.ts";

export type Column<Row> = readonly [title: string, of: (row: Row) => unknown];

/** Nothing but spaces stands between two columns; what has no value is a dash. */
export function tableLines<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string[] {
  const texts = [
    columns.map(([title]) => title),
    ...rows.map((row) => columns.map(([, of]) => visible(String(of(row) ?? "-")) || "-")),
  ];
  const widths = columns.map((_, at) => Math.max(...texts.map((line) => [...(line[at] ?? "")].length)));
  return texts.map((line) =>
    line
      .map((text, at) => text + " ".repeat((widths[at] ?? 0) - [...text].length))
      .join("  ")
      .trimEnd(),
  );
}

/** A time of the API's as people read it, in UTC; a dash for none. */
export const timeText = (seconds: unknown): string =>
  typeof seconds === "number" ? new Date(seconds * 1000).toISOString().replace(/\.000Z$/, "Z") : "-";
