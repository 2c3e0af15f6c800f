/** What is counted of an account's use (accounts: what is counted). */
import type { MeteredResource } from "../store/metering-tables.ts";

/** Of these there is a level at each moment; in the order in which they are answered. */
export const LEVELS = ["cpu", "mem", "disk", "ip", "vlan", "servers", "drives"] as const;
export type Level = (typeof LEVELS)[number];

/** All that is counted; bytes over the uplink have no level, each counts once. */
export const METERED: readonly MeteredResource[] = [
  "cpu",
  "mem",
  "disk",
  "ip",
  "vlan",
  "xfer",
  "servers",
  "drives",
];
