/** The tables of what has become of objects, as the typed query builder sees them. `migrations/0016-changes.ts` makes them. */

/** That an object of an account has become another one. Triggers of the objects' tables write it; a row is never changed. */
export type ChangesTable = {
  user: string;
  /** Of each account from 1 on, without a gap, in the order in which the changes were committed. */
  serial: number;
  /** Seconds since the epoch. */
  time: number;
  kind: "created" | "status" | "changed" | "destroyed";
  type: "server" | "drive" | "ip" | "vlan";
  /** A uuid, or an address. */
  object: string;
  /** What its owner is told it is now; empty where there is no such thing. */
  status: string;
};

/** The last number that was given, by accounts; the row of the empty name counts those of all. */
export type ChangeCountersTable = {
  user: string;
  last: number;
  /** What all had reached with the account's last change; 0 in the row of all. */
  moved: number;
};

export type ChangeTables = { changes: ChangesTable; change_counters: ChangeCountersTable };
