/** A row of samples: those of one server by one step, as they are stored. */
import { z } from "zod";
import { AMOUNTS, beginOf, type Sample, type Samples, sampleOf } from "./sample.ts";
import type { Step } from "./steps.ts";

const AMOUNT = z.int().nonnegative();
/** Of each sample which step of the row it is of, then its amounts. */
const ROW = z.array(z.array(AMOUNT).length(1 + AMOUNTS.length));

/** @param begin of the row */
export function rowText(samples: Samples, begin: number, { stepS }: Step): string {
  const inOrder = [...samples].sort(([one], [other]) => one - other);
  return JSON.stringify(
    inOrder.map(([time, sample]) => [(time - begin) / stepS, ...AMOUNTS.map((name) => sample[name])]),
  );
}

/** What a row holds; nothing where it is damaged: samples are worth no more than a gap. */
export function samplesIn(text: string, begin: number, { stepS }: Step): Map<number, Sample> {
  return new Map(
    read(text).map(([index = 0, ...amounts]) => {
      return [begin + index * stepS, sampleOf((name) => amounts[AMOUNTS.indexOf(name)] ?? 0)];
    }),
  );
}

function read(text: string): z.infer<typeof ROW> {
  try {
    return ROW.parse(JSON.parse(text));
  } catch {
    return [];
  }
}

/** The samples by the rows that they belong in, by the begins of those. */
export function byRow(samples: Samples, { rowS }: Step): ReadonlyMap<number, Samples> {
  const rows = new Map<number, Map<number, Sample>>();
  for (const [time, sample] of samples) {
    const begin = beginOf(time, rowS);
    const row = rows.get(begin) ?? new Map<number, Sample>();
    rows.set(begin, row.set(time, sample));
  }
  return rows;
}
