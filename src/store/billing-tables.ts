/** The tables of money (accounts: money), as the typed query builder sees them. */
import type { Generated } from "kysely";
import type { ExactColumn } from "./exact.ts";

/** What resources cost, from a time on. */
export type PriceListsTable = {
  /** Of two that hold from the same time on the later one counts. */
  serial: Generated<number>;
  /** ISO 4217; that of all lists is the same. */
  currency: string;
  /** Seconds since the epoch, a whole hour. */
  from: number;
  /** `Prices` in billing/, as JSON. */
  prices: string;
  created: number;
};

/** What an account was charged and credited; a row is never changed. */
export type LedgerTable = {
  user: string;
  /** 1, 2, 3 … of an account. */
  entry: number;
  time: number;
  /** In the smallest unit of money, 10^-8; below zero: charged. */
  amount: ExactColumn;
  /** After the entry. */
  balance: ExactColumn;
  kind: "burst" | "subscription" | "credit" | "refund" | "correction";
  resource: string | null;
  /** What time it is for, null where it is for none. */
  from: number | null;
  to: number | null;
  text: string;
  /** What whoever credits calls it, once an account. */
  reference: string | null;
};

/** What an account has paid for in advance: an amount of a resource for a month or a year. */
export type SubscriptionsTable = {
  /** The order in which they were made. */
  serial: Generated<number>;
  uuid: string;
  user: string;
  resource: string;
  /** In the unit of the resource. */
  amount: ExactColumn;
  period: "month" | "year";
  from: number;
  to: number;
  /** Whether another is to follow it. */
  renew: 0 | 1;
  /** In the smallest unit of money. */
  price: ExactColumn;
  /** Of `xfer`: how many bytes of it are used up, by what was rolled up. */
  used: ExactColumn;
  /** Whether what follows its end has been done. */
  settled: Generated<0 | 1>;
};

/** One row: all hours that end at `until` or before it are rolled up and charged, but for the accounts in `overdue`. */
export type ChargedTable = { until: number };

/** An account whose hours could not be charged in their time, and up to where they are. */
export type OverdueTable = { user: string; until: number };

export type BillingTables = {
  price_lists: PriceListsTable;
  ledger: LedgerTable;
  subscriptions: SubscriptionsTable;
  charged: ChargedTable;
  overdue: OverdueTable;
};
