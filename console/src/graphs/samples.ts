/** Samples as the API tells them, and what of them graphs and tables show. */

/** What a server used in a step (`servers/SERVER/samples`). */
export type SampleRow = {
  readonly time: number;
  readonly step: number;
  readonly seconds: number;
  readonly cpu: number;
  readonly mem: number;
  readonly "rx:bytes": number;
  readonly "tx:bytes": number;
  readonly "read:bytes": number;
  readonly "read:requests": number;
  readonly "write:bytes": number;
  readonly "write:requests": number;
};

/** What of a sample is a sum over its seconds; the others are means. */
type Sum = Exclude<keyof SampleRow, "time" | "step" | "seconds" | "cpu" | "mem">;

/** How much a second. */
export const rate =
  (sum: Sum) =>
  (row: SampleRow): number =>
    row[sum] / Math.max(1, row.seconds);

/** Something that is drawn over time; null in steps in which the server was not seen to run. */
export type Points = readonly (number | null)[];

/** The steps from the first to the last second of a range, and what there is in each. */
export function steps(
  rows: readonly SampleRow[],
  from: number,
  to: number,
): readonly (readonly [number, SampleRow | null])[] {
  const [first] = rows;
  if (first === undefined) return [];
  const { step } = first;
  const known = new Map(rows.map((row) => [row.time, row]));
  const begin = from - (from % step);
  const count = Math.ceil((to - begin) / step);
  return Array.from({ length: count }, (_, index) => {
    const time = begin + index * step;
    return [time, known.get(time) ?? null] as const;
  });
}

const SUMS = [
  "rx:bytes",
  "tx:bytes",
  "read:bytes",
  "read:requests",
  "write:bytes",
  "write:requests",
] as const;

/** Adds samples up to longer steps. */
export function gathered(rows: readonly SampleRow[], step: number): readonly SampleRow[] {
  const found = new Map<number, SampleRow>();
  for (const row of rows) {
    const time = row.time - (row.time % step);
    const before = found.get(time);
    found.set(time, before === undefined ? { ...row, time, step } : both(before, row));
  }
  return [...found.values()];
}

function both(one: SampleRow, other: SampleRow): SampleRow {
  const seconds = one.seconds + other.seconds;
  const mean = (name: "cpu" | "mem") =>
    Math.round((one[name] * one.seconds + other[name] * other.seconds) / Math.max(1, seconds));
  const sums = Object.fromEntries(SUMS.map((name) => [name, one[name] + other[name]]));
  return { ...one, ...sums, seconds, cpu: mean("cpu"), mem: mean("mem") };
}
