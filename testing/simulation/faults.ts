/**
 * The faults that may happen at the moment, and how often, from 0 to 1. The fault injector changes them as a simulation goes
 * on; the transport and the store look them up.
 */
import type { Random } from "./random.ts";

export type Faults = {
  /** How often something goes wrong with a call to the host. */
  host: number;
  /** The same of a transaction. */
  store: number;
  /** How often a daemon dies in the middle of an effect, or once a commit is made and before it hears of it. */
  deaths: number;
  /** Of the store: with `short` nothing is taken that makes it larger, with `full` nothing at all. */
  disk: "roomy" | "short" | "full";
  /** Whether no call reaches the host. */
  isHostAway: boolean;
};

/** What decides whether a fault happens. */
export type Conditions = { readonly random: Random; readonly faults: Faults };

const NONE: Faults = { host: 0, store: 0, deaths: 0, disk: "roomy", isHostAway: false };

export const noFaults = (): Faults => ({ ...NONE });

/** Nothing goes wrong from now on. */
export function clear(faults: Faults): void {
  Object.assign(faults, NONE);
}
