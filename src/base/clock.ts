/**
 * Accounting time: what use and money are counted by. It is given to whatever asks it, so that tests have one of their own.
 * Seconds since the epoch (UTC), whole.
 */
export type Clock = {
  /** Never less than it was. */
  now(): number;
  /** How many seconds it is ahead of the clock that is set, behind where below zero; absent or 0 where that is little. */
  readonly apartS?: number;
  /** What it was when a daemon was there last before the machine's boot; absent where there was none. */
  readonly offSince?: number;
};

/** What is said of how far it is from the wall clock. */
export function apartSentence(apartS: number): string {
  const how = apartS > 0 ? "ahead of" : "behind";
  return `accounting time is ${Math.abs(apartS)} s ${how} the machine's clock: that was set, or jumped, since the boot; use is counted right, and hours begin by accounting time until the next boot`;
}
