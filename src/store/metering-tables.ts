/** The tables of what accounts use. Times are seconds since the epoch, of accounting time (`base/clock.ts`). */
import type { Generated } from "kysely";

/** What is counted, by the names that are answered (accounts: what is counted). */
export type MeteredResource = "cpu" | "mem" | "disk" | "ip" | "vlan" | "xfer" | "servers" | "drives";

/** A level of use from its begin to its end. Of an object and a resource one is open at most. */
export type SpansTable = {
  serial: Generated<number>;
  user: string;
  resource: Exclude<MeteredResource, "xfer">;
  /** A uuid or an address. */
  object: string;
  /** In the resource's unit. */
  amount: number;
  begins: number;
  /** The first second in which it is not used any more; null while it is. */
  ends: number | null;
};

/** Bytes that went over the uplink, and are in no hour yet. */
export type TransfersTable = {
  user: string;
  time: number;
  bytes: number;
};

/**
 * What was used, in unit-seconds (of `xfer`: bytes), how much of it subscriptions covered, and the rest; its cost in the
 * smallest unit of money. All are exact integers of any size, as text.
 */
export type RolledUp = {
  readonly used: string;
  readonly subscribed: string;
  readonly burst: string;
  readonly cost: string;
};

/** The hour that begins at that time. */
export type UsageHoursTable = { user: string; hour: number; resource: MeteredResource } & RolledUp;

/** The sum of the day's hours, as far as they are rolled up; the day begins at that time. */
export type UsageDaysTable = { user: string; day: number; resource: MeteredResource } & RolledUp;

/** Until when an account is rolled up. */
export type MetersTable = { user: string; until: number };

/** How accounting time goes on: one row. */
export type ClockTable = {
  id: 1;
  /** Which boot of the machine the readings are of. */
  boot_id: string;
  /** Accounting time less the time since that boot, in milliseconds. */
  offset_ms: number;
  /** The time since that boot, and accounting time, as they were when this was written last. */
  boot_ms: number;
  time: number;
  /** What accounting time was recorded last in the boot before this one; null where there was none. */
  off_since: number | null;
};

export type MeteringTables = {
  spans: SpansTable;
  transfers: TransfersTable;
  usage_hours: UsageHoursTable;
  usage_days: UsageDaysTable;
  meters: MetersTable;
  clock: ClockTable;
};
