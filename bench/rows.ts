/** Tables of the bench, read back: those of another version are in the form that it has. */
import { median } from "./ratio.ts";

/** A row of a table that was printed: its unit is that of both its figures. */
export type Row = { readonly what: string; readonly unit: string; readonly ratio: number };

/** The ratios of one row in several runs of each of two versions. */
export type Compared = {
  /** What is measured, and against what where there are two of the name. */
  readonly what: string;
  readonly before: readonly number[];
  readonly now: readonly number[];
  /** Whether each of its runs was worse than each of before, and the medians differ by more than noise. */
  readonly isSlower: boolean;
};

/** Below this share nobody can tell a change from noise. */
const NOISE = 0.03;

/** Ends the line of a row that became slower. */
export const SLOWER = "SLOWER";

const NUMBER = /^\d+(\.\d+)?(e\+\d+)?$/;

/** The rows of a table as `table` writes it; other lines are passed over. */
export function rowsOf(printed: string): Row[] {
  return printed.split("\n").flatMap((line) => {
    const [what = "", ours = "", reference = "", unit = "", ratio = ""] = line.split(/ {2,}/);
    const isRow = [ours, reference, ratio].every((cell) => NUMBER.test(cell));
    return isRow ? [{ what, unit, ratio: Number(ratio) }] : [];
  });
}

/** Puts the runs' rows side by side, those that both versions have, in the order of the last run. */
export function compare(before: readonly (readonly Row[])[], now: readonly (readonly Row[])[]): Compared[] {
  const known = ratiosByRow(before);
  return [...ratiosByRow(now)].flatMap(([what, { ratios, unit }]) => {
    const earlier = known.get(what)?.ratios;
    if (earlier === undefined) return [];
    return [{ what, before: earlier, now: ratios, isSlower: isSlower(earlier, ratios, unit) }];
  });
}

/** A row by its name, and by how many of the name stand before it in its table. */
function ratiosByRow(runs: readonly (readonly Row[])[]): Map<string, { unit: string; ratios: number[] }> {
  const found = new Map<string, { unit: string; ratios: number[] }>();
  for (const rows of runs) {
    const counts = new Map<string, number>();
    for (const { what, unit, ratio } of rows) {
      const count = (counts.get(what) ?? 0) + 1;
      counts.set(what, count);
      const name = count === 1 ? what : `${what} (${count})`;
      const row = found.get(name) ?? { unit, ratios: [] };
      row.ratios.push(ratio);
      found.set(name, row);
    }
  }
  return found;
}

/** Of a rate more is better, of a time less. */
function isSlower(before: readonly number[], now: readonly number[], unit: string): boolean {
  const isRate = unit.endsWith("/s");
  const apart = isRate ? Math.max(...now) < Math.min(...before) : Math.min(...now) > Math.max(...before);
  return apart && Math.abs(median(now) / median(before) - 1) > NOISE;
}

/** What was compared, as lines of a table. */
export function linesOf(compared: readonly Compared[]): string[] {
  const cells = compared.map(({ what, before, now, isSlower: slower }) => [
    what,
    ratios(before),
    ratios(now),
    (median(now) / median(before)).toFixed(2),
    slower ? SLOWER : "",
  ]);
  const rows = [["what", "ratio before", "ratio now", "change", ""], ...cells];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

const ratios = (all: readonly number[]) =>
  `${median(all).toFixed(2)} (${Math.min(...all).toFixed(2)}–${Math.max(...all).toFixed(2)})`;
