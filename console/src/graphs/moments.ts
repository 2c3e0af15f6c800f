/** Moments as a range tells them apart: the shorter it is, the more of the time and the less of the date. */
import type { Range } from "./ranges.ts";

const formats = {
  time: { hour: "2-digit", minute: "2-digit" },
  dayAndTime: { weekday: "short", hour: "2-digit", minute: "2-digit" },
  date: { day: "numeric", month: "short" },
  weekday: { weekday: "short", day: "numeric" },
  dateAndTime: { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" },
  dateAlone: { dateStyle: "medium" },
} as const satisfies Readonly<Record<string, Intl.DateTimeFormatOptions>>;

const written = (format: Intl.DateTimeFormatOptions) => {
  const { format: write } = new Intl.DateTimeFormat("en-GB", format);
  return (seconds: number) => write(seconds * 1000);
};

/** Below a graph. */
export const AXIS: Readonly<Record<Range, (seconds: number) => string>> = {
  hour: written(formats.time),
  day: written(formats.time),
  week: written(formats.weekday),
  month: written(formats.date),
  year: written(formats.date),
};

/** Beside figures. */
export const MOMENT: Readonly<Record<Range, (seconds: number) => string>> = {
  hour: written(formats.time),
  day: written(formats.dayAndTime),
  week: written(formats.dateAndTime),
  month: written(formats.dateAndTime),
  year: written(formats.dateAlone),
};
