/** The ranges of time that graphs show, and what is read for each. */
import { queryOptions } from "@tanstack/react-query";
import { read } from "../api/client.ts";
import type { SampleRow } from "./samples.ts";

const MINUTE_S = 60;
const HOUR_S = 3600;
const DAY_S = 86_400;

export type Range = "hour" | "day" | "week" | "month" | "year";

type About = {
  /** How much of the past it shows. */
  readonly lastingS: number;
  /** How long a row of its table is. */
  readonly rowS: number;
  /** How often it is read again. */
  readonly everyMs: number;
};

export const RANGES: Readonly<Record<Range, About>> = {
  hour: { lastingS: HOUR_S, rowS: MINUTE_S, everyMs: 30_000 },
  day: { lastingS: DAY_S, rowS: HOUR_S, everyMs: 60_000 },
  week: { lastingS: 7 * DAY_S, rowS: 6 * HOUR_S, everyMs: 300_000 },
  month: { lastingS: 31 * DAY_S, rowS: DAY_S, everyMs: 300_000 },
  year: { lastingS: 365 * DAY_S, rowS: 7 * DAY_S, everyMs: 300_000 },
};

/** As an address has it; an hour where it has none. */
export const rangeOf = (word: string | undefined): Range =>
  word !== undefined && word in RANGES ? (word as Range) : "hour";

/** Samples, and from when to when they were asked for, in seconds since the epoch. */
export type Sampled = { readonly from: number; readonly to: number; readonly rows: readonly SampleRow[] };

export const samplesQuery = (uuid: string, range: Range) =>
  queryOptions({
    queryKey: ["samples", uuid, range],
    async queryFn({ signal }): Promise<Sampled> {
      const to = Math.ceil(Date.now() / 1000 / MINUTE_S) * MINUTE_S;
      const from = to - RANGES[range].lastingS;
      const rows = await read<readonly SampleRow[]>(`servers/${uuid}/samples/${from}/${to}`, signal);
      return { from, to, rows };
    },
    refetchInterval: RANGES[range].everyMs,
  });
