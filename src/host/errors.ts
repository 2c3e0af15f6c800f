/** The errors of a host: those that say what became of an effect, and those for callers that several files make. */
import { DeadlineExceeded } from "../base/deadline.ts";
import { busy, full, type LodgeError } from "../base/errors.ts";
import type { Generation } from "./host.ts";

/** The host did not answer, or something on it did not in time: what became of the effect is unknown. */
export class Unreachable extends Error {
  constructor(what: string, options?: ErrorOptions) {
    super(what, options);
    this.name = "Unreachable";
  }
}

/** The effect belongs to an intent that a later one has overtaken: nothing was done. */
export class Outdated extends Error {
  /** The highest generation that the host has seen of the object. */
  readonly seen: Generation;

  constructor(uuid: string, generation: Generation, seen: Generation) {
    super(`generation ${generation} of ${uuid} is outdated: this host has seen ${seen}`);
    this.name = "Outdated";
    this.seen = seen;
  }
}

/** Whether the error says that nothing is known of the effect: neither that it came about nor that it did not. */
export function isUndecided(error: unknown): boolean {
  return error instanceof Unreachable || error instanceof DeadlineExceeded;
}

/** Bytes were to be written past the end of a drive of so many bytes. */
export const pastEnd = (sizeBytes: number): LodgeError =>
  full("write_past_end", `the write passes the end of the drive, which has ${sizeBytes} bytes`);

/** The private subnet that was configured for the guests is none that they can have. */
export const subnetMeetsPool = (subnet: string, pool: string): LodgeError =>
  busy(`the guests' private subnet ${subnet} overlaps with the pool ${pool}: choose another subnet`);
