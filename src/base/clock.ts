/**
 * Accounting time: what use and money are counted by. It is given to whatever asks it, so that tests have one of their own.
 * Seconds since the epoch (UTC), whole.
 */
export type Clock = {
  /** Never less than it was. */
  now(): number;
  /** What it was when a daemon was there last before the machine's boot; absent where there was none. */
  readonly offSince?: number;
};
