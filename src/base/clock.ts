/**
 * Accounting time: what use and money are counted by. It is given to whatever asks it, so that tests have one of their own.
 */
export type Clock = {
  /** Whole seconds since the epoch (UTC), never less than it was. */
  now(): number;
};
