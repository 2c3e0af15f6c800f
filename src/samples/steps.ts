/** The steps by which samples are kept: the shorter, the less long. */
import { DAY_S, HOUR_S } from "../base/durations.ts";

export type Step = {
  readonly stepS: number;
  /** How much of a server is in one row: samples of so many seconds, from a time that is a multiple of that. */
  readonly rowS: number;
  /** For how long they are kept. */
  readonly keptS: number;
};

export const MINUTES: Step = { stepS: 60, rowS: HOUR_S, keptS: 25 * HOUR_S };
export const HOURS: Step = { stepS: HOUR_S, rowS: DAY_S, keptS: 35 * DAY_S };
export const DAYS: Step = { stepS: DAY_S, rowS: 32 * DAY_S, keptS: 400 * DAY_S };

/** From the shortest to the longest. Each is a whole number of the one before it, and so is a row. */
export const STEPS: readonly Step[] = [MINUTES, HOURS, DAYS];

/** From when to when samples are asked for, in seconds since the epoch, `to` not included. */
export type Range = { readonly from: number; readonly to: number };

/** What is told of a range: by the shortest step that is kept for all of it. */
export type Told = Range & { readonly step: Step };

/**
 * By which step a range is told, and what of it there can be anything of: whole steps, no more than are kept.
 *
 * @param now no sample is of later
 */
export function toldOf({ from, to }: Range, now: number): Told {
  const end = Math.min(to, now + 1);
  const step = STEPS.find(({ keptS }) => from >= now - keptS) ?? DAYS;
  const { stepS, keptS } = step;
  const first = Math.max(from, now - keptS);
  return { step, from: first - (first % stepS), to: end };
}
