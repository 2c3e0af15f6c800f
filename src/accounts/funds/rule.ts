/**
 * What follows when an account's funds come to an end (accounts: 402), a pure rule: warnings 72, 24 and 1 hours before, as far
 * as can be told, and when they have ended; `grace` later the suspension, which a credit ends; drives are kept for `keep`
 * days, with warnings 14, 7 and 1 days before that ends, and destroyed then only where the operator says so, two warnings were
 * delivered and have had their days. What was due while no daemon was there is warned of first: time in which nobody was
 * told anything takes no notice away.
 *
 *     in funds ──▶ warned (72, 24, 1) ──▶ ended ──grace──▶ suspended ──keep──▶ drives destroyed
 *        ▲              │                   │                  │
 *        └──────────────┴───────────────────┴──── a credit ────┘
 */
import { DAY_S, HOUR_S } from "../../base/durations.ts";

/** How many hours before the end of its funds an account is warned; 0: they have ended. */
export const FUNDS_HOURS = [72, 24, 1, 0] as const;
export type FundsHours = (typeof FUNDS_HOURS)[number];

/** How many days before its drives may be destroyed. */
export const DRIVES_DAYS = [14, 7, 1] as const;
export type DrivesDays = (typeof DRIVES_DAYS)[number];

/** How long the same warning of funds is not given again, however what the account uses goes up and down. */
const SAME_WARNING_S = HOUR_S;
/** How many warnings are to have been delivered before drives are destroyed. */
const LEAST_DELIVERED = 2;

/** What the operator has decided. */
export type Terms = {
  readonly graceS: number;
  readonly keepS: number;
  /** Whether drives are destroyed when they were kept for as long. */
  readonly destroysDrives: boolean;
};

export const DEFAULT_TERMS: Terms = { graceS: DAY_S, keepS: 45 * DAY_S, destroysDrives: false };

/** What was done about it, and when. */
export type Done = {
  /** Of the warnings that funds end the one that is in force, null for none. */
  readonly warnedHours: FundsHours | null;
  /** When it was told that they have ended. */
  readonly ended: number | null;
  /** When it was suspended because of that. */
  readonly suspended: number | null;
};

/** A warning of the destruction of drives. */
export type DrivesWarning = {
  readonly days: DrivesDays;
  /** When the destruction was said to be. */
  readonly until: number;
  readonly delivered: number | null;
};

export type Facts = {
  readonly now: number;
  readonly status: "active" | "suspended" | "closed";
  readonly terms: Terms;
  readonly done: Done;
  /** Whether balance and credit are below zero. */
  readonly isShort: boolean;
  /** Whether the balance is above zero. */
  readonly isPositive: boolean;
  /** When funds end at this rate, null where they do not. */
  readonly until: number | null;
  /** When each warning of funds was given last, by its hours. */
  readonly lastWarned: ReadonlyMap<FundsHours, number>;
  /** Those since the suspension. */
  readonly drivesWarnings: readonly DrivesWarning[];
  readonly hasDrives: boolean;
};

export type Step =
  | { readonly do: "warn of funds"; readonly hours: FundsHours; readonly until: number }
  /** The warning in force is another, or none: it holds no more. */
  | { readonly do: "take back"; readonly warnedHours: FundsHours | null }
  | { readonly do: "suspend" }
  | { readonly do: "resume" }
  | { readonly do: "warn of drives"; readonly days: DrivesDays; readonly until: number }
  | { readonly do: "destroy drives" };

/** The next thing to be done now, null for nothing. */
export function nextStep(facts: Facts): Step | null {
  const { suspended } = facts.done;
  if (facts.status === "closed") return null;
  return suspended === null ? beforeSuspension(facts) : afterSuspension(facts, suspended);
}

function beforeSuspension(facts: Facts): Step | null {
  const { now, status, terms, done, until } = facts;
  const nearest = nearestOf(facts);
  if (nearest === 0) {
    if (done.ended === null) return { do: "warn of funds", hours: 0, until: now + terms.graceS };
    return status === "active" && now >= done.ended + terms.graceS ? { do: "suspend" } : null;
  }
  if (done.ended !== null) return { do: "take back", warnedHours: null };
  const { warnedHours } = done;
  if (nearest !== null && until !== null && (warnedHours === null || nearest < warnedHours)) {
    const last = facts.lastWarned.get(nearest);
    const isSoon = last !== undefined && now < last + SAME_WARNING_S;
    return isSoon ? null : { do: "warn of funds", hours: nearest, until };
  }
  if (warnedHours === null || nearest === warnedHours) return null;
  // Where they last twice as long as it warned of: what goes up and down a little is not warned of again.
  const isOver = until === null || until - now > 2 * warnedHours * HOUR_S;
  return isOver ? { do: "take back", warnedHours: nearest } : null;
}

/** The nearest of the times before the end that have come, null for none. */
function nearestOf({ now, until, isShort }: Facts): FundsHours | null {
  if (isShort) return 0;
  if (until === null) return null;
  return FUNDS_HOURS.findLast((hours) => until - now <= hours * HOUR_S) ?? null;
}

function afterSuspension(facts: Facts, suspended: number): Step | null {
  const { now, terms, isPositive, until, drivesWarnings, hasDrives } = facts;
  // A balance out of which hours are still to be charged that use it up is none.
  if (isPositive && (until === null || until > now)) return { do: "resume" };
  if (!hasDrives) return null;
  const end = Math.max(suspended + terms.keepS, ...drivesWarnings.map(({ until }) => until));
  const days = daysToWarnOf(now, end, drivesWarnings);
  if (days !== null) return { do: "warn of drives", days, until: Math.max(end, now + days * DAY_S) };
  return terms.destroysDrives && now >= end && hadTheirDays(now, drivesWarnings)
    ? { do: "destroy drives" }
    : null;
}

/** The nearest of the warnings that are due and nearer than those that were given, null for none. */
function daysToWarnOf(now: number, end: number, given: readonly DrivesWarning[]): DrivesDays | null {
  const due = DRIVES_DAYS.findLast((days) => now >= end - days * DAY_S);
  if (due === undefined || given.some(({ days }) => days <= due)) return null;
  // Where all of them are late, two are still to come.
  return given.length === 0 && due === 1 ? 7 : due;
}

const hadTheirDays = (now: number, given: readonly DrivesWarning[]): boolean =>
  given.filter(({ days, delivered }) => delivered !== null && now >= delivered + days * DAY_S).length >=
  LEAST_DELIVERED;
