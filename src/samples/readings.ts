/** What a server used between two readings of its counters. */
import type { RunUse } from "../host/host.ts";
import { type Sample, sampleOf } from "./sample.ts";

const MIB = 2 ** 20;

/** What only grows while a run goes on, but for CPU time. */
const COUNTED = ["rxBytes", "txBytes", "readBytes", "readRequests", "writeBytes", "writeRequests"] as const;

/** What a run had counted at a time, in seconds since the epoch. */
export type Reading = {
  readonly run: string;
  readonly at: number;
  readonly cpuMs: number;
} & Readonly<Record<(typeof COUNTED)[number], number>>;

/** A sample, and the while that it is of. */
export type Used = { readonly from: number; readonly to: number; readonly sample: Sample };

export function readingOf({ run, cpuMs, counters }: RunUse, at: number): Reading {
  const { rxBytes, txBytes } = counters;
  const devices = Object.values(counters.devices);
  const sum = (name: keyof (typeof devices)[number]) =>
    devices.reduce((total, device) => total + device[name], 0);
  return {
    ...{ run, at, cpuMs, rxBytes, txBytes },
    ...{ readBytes: sum("readBytes"), readRequests: sum("readRequests") },
    ...{ writeBytes: sum("writeBytes"), writeRequests: sum("writeRequests") },
  };
}

export type Round = {
  readonly use: RunUse;
  readonly now: Reading;
  /** What was read of the server in the round before; null where that was nothing. */
  readonly last: Reading | null;
  /** When the round before was; null where there was none. */
  readonly lastRoundAt: number | null;
  /** One core's speed on its host. */
  readonly coreMhz: number;
  /** A longer while than this is a gap: nobody knows when in it what happened. */
  readonly mostS: number;
};

/**
 * What the server used since the round before. A run that began since then has counted from nothing; of one that was there
 * and was not read, nothing is known until it is read twice. What has counted back is not what was read before.
 */
export function usedSince({ use, now, last, lastRoundAt, coreMhz, mostS }: Round): Used | null {
  const before = last?.run === now.run ? last : beginning(use, now, lastRoundAt);
  if (before === null) return null;
  const seconds = now.at - before.at;
  const isBack = [now.cpuMs < before.cpuMs, ...COUNTED.map((name) => now[name] < before[name])].includes(
    true,
  );
  if (seconds <= 0 || seconds > mostS || isBack) return null;
  const sample = sampleOf((name) => {
    if (name === "seconds") return seconds;
    if (name === "cpuMhzS") return Math.round(((now.cpuMs - before.cpuMs) * coreMhz) / 1000);
    if (name === "memMibS") return Math.round((use.residentBytes / MIB) * seconds);
    return now[name] - before[name];
  });
  return { from: before.at, to: now.at, sample };
}

/** A run that was launched since the round before, as it was then; null where it was not. */
function beginning({ ageS }: RunUse, now: Reading, lastRoundAt: number | null): Reading | null {
  const launched = now.at - Math.ceil(ageS);
  if (lastRoundAt === null || launched < lastRoundAt) return null;
  const none = Object.fromEntries(COUNTED.map((name) => [name, 0])) as Record<
    (typeof COUNTED)[number],
    number
  >;
  return { run: now.run, at: launched, cpuMs: 0, ...none };
}
