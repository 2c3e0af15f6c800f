/** The tables of what follows when the funds of accounts end, and of invoices. `migrations/0010-funds.ts` makes them. */
import type { Generated } from "kysely";

/** Of an account whose funds come to an end, what was done about it; no row: nothing. */
export type FundsTable = {
  user: string;
  /** Of the warnings that its funds end the one that was given last: so many hours before, 0 as they ended; null: none is in force. */
  warned_hours: number | null;
  /** When it was told that its funds have ended, in seconds since the epoch; null: they have not. */
  ended: number | null;
  /** When it was suspended because of that; null: it was not, or an operator's word took the place of it. */
  suspended: number | null;
};

/** What an account was warned of. */
export type WarningsTable = {
  serial: Generated<number>;
  user: string;
  /** `funds:HOURS` before they end (`funds:0`: they have ended); `drives:DAYS` before its drives are destroyed. */
  kind: string;
  time: number;
  /** When what it warns of comes about: the end of its funds, its suspension, or the destruction. */
  until: number;
  /** When a hook took it, or the account asked for its profile; null: neither yet. */
  delivered: number | null;
};

/** The invoices that are final. */
export type InvoicesTable = {
  user: string;
  /** Such as `2026-12`. */
  month: string;
  made: number;
};

export type FundsTables = { funds: FundsTable; warnings: WarningsTable; invoices: InvoicesTable };
