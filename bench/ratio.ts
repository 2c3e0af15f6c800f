/** Ratios against a reference that is measured in the same run: absolute figures drift, ratios hold. */

export type Figure = {
  readonly what: string;
  /** What is measured and what it is measured against, in the same unit. */
  readonly ours: number;
  readonly reference: number;
  /** The ratio of the two; where they were measured in pairs, the median over these. */
  readonly ratio?: number;
  /** The least and the greatest ratio of a pair. */
  readonly spread?: Spread;
  readonly unit: string;
  readonly against: string;
  readonly goal: Goal | null;
};

/** `atLeast`: ours / reference must reach it; `atMost`: must not pass it; `within`: ours itself, in its unit, must not. */
export type Goal = { readonly atLeast: number } | { readonly atMost: number } | { readonly within: number };

export type Spread = readonly [least: number, most: number];

const MIB = 2 ** 20;

/** What two took, and the ratio of the two, where they were measured in pairs. */
export type Measured = Pick<Figure, "ours" | "reference" | "ratio" | "spread">;

/** The speed at which so many bytes went, by the seconds that they took. */
export function rates(
  bytes: number,
  what: string,
  measured: Measured,
  against: string,
  atLeast: number | null,
): Figure {
  const rate = (time: number) => bytes / MIB / time;
  return {
    what,
    // A rate is as much higher as its time is lower.
    ...(measured.ratio === undefined ? {} : { ratio: 1 / measured.ratio }),
    ...(measured.spread === undefined ? {} : { spread: [1 / measured.spread[1], 1 / measured.spread[0]] }),
    ours: rate(measured.ours),
    reference: rate(measured.reference),
    unit: "MiB/s",
    against,
    goal: atLeast === null ? null : { atLeast },
  };
}

/**
 * Measures both in turns, each first every other time, and answers the medians. A drift of the machine meets both of a
 * round alike: the ratio is the median of the rounds' own.
 */
export async function interleaved(
  rounds: number,
  ours: () => Promise<number>,
  reference: () => Promise<number>,
): Promise<Required<Measured>> {
  const pairs: [number, number][] = [];
  for (let round = 0; round < rounds; round++) {
    if (round % 2 === 0) {
      const first = await ours();
      pairs.push([first, await reference()]);
    } else {
      const first = await reference();
      pairs.push([await ours(), first]);
    }
  }
  const ratios = pairs.map(([our, their]) => our / their);
  return {
    ours: median(pairs.map(([our]) => our)),
    reference: median(pairs.map(([, their]) => their)),
    ratio: median(ratios),
    spread: [Math.min(...ratios), Math.max(...ratios)],
  };
}

export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** The seconds that `work` takes. */
export async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

const HEADINGS = ["what", "Lodge", "reference", "unit", "ratio", "spread", "goal", "", "measured against"];

/** The table as lines of text. */
export function table(figures: readonly Figure[]): string[] {
  const rows = figures.map((figure) => {
    const { what, ours, reference, unit, against, goal, ratio = ours / reference, spread } = figure;
    const [text, isReached] = goal === null ? ["", null] : judged(goal, ours, ratio, unit);
    const reached = isReached === null ? "" : isReached ? "reached" : "NOT REACHED";
    const range = spread?.map((end) => end.toFixed(2)).join("–") ?? "";
    return [what, short(ours), short(reference), unit, ratio.toFixed(2), range, text, reached, against];
  });
  const widths = HEADINGS.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => (row[column] ?? "").length)),
  );
  return [HEADINGS, ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

/** The goal in words, and whether it is reached. */
function judged(goal: Goal, ours: number, ratio: number, unit: string): [string, boolean] {
  if ("atLeast" in goal) return [`≥ ${goal.atLeast}`, ratio >= goal.atLeast];
  if ("atMost" in goal) return [`≤ ${goal.atMost}`, ratio <= goal.atMost];
  return [`≤ ${goal.within} ${unit}`, ours <= goal.within];
}

const short = (number: number) => (number >= 100 ? number.toFixed(0) : number.toPrecision(3));
