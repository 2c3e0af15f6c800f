/** Whether every balance in the ledger is the sum of what stands before it, and no entry is missing. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { sql } from "kysely";
import { exact } from "../store/exact.ts";
import type { Store, Tx } from "../store/store.ts";
import type { Money } from "./money.ts";

/** How many entries are in memory at once. */
const PAGE = 500;
/** How many ledgers that are wrong are told of. */
const MOST_FAULTS = 100;

/** The first entry of an account's ledger that does not follow from those before it. */
export type LedgerFault = { readonly user: string; readonly entry: number; readonly fault: string };

export type LedgerCheck = {
  /** How many there are, looked at one after the other. */
  readonly entries: number;
  /** One an account at most, and a hundred in all. */
  readonly faults: readonly LedgerFault[];
};

/**
 * Reads all ledgers, a page at a time, so that nobody waits for it. What is entered meanwhile is looked at, or not yet there.
 *
 * @param goesOn asked before each page: false leaves the check where it is
 */
export async function checkLedgers(store: Store, goesOn = () => true): Promise<LedgerCheck> {
  const faults: LedgerFault[] = [];
  let entries = 0;
  let before: Row = { user: "", entry: 0, amount: "0", balance: "0" };
  while (goesOn()) {
    const rows = await store.snapshot((tx) => rowsAfter(tx, before));
    for (const row of rows) {
      const fault = faultOf(row, row.user === before.user ? before : null);
      const isFirst = faults.at(-1)?.user !== row.user;
      if (fault !== null && isFirst && faults.length < MOST_FAULTS)
        faults.push({ user: row.user, entry: row.entry, fault });
      before = row;
    }
    entries += rows.length;
    if (rows.length < PAGE) break;
    await nextTurn();
  }
  return { entries, faults };
}

type Row = {
  readonly user: string;
  readonly entry: number;
  readonly amount: string;
  readonly balance: string;
};

/** @param before the entry before it, null where it is the first that there is */
function faultOf(row: Row, before: Row | null): string | null {
  const expected = (before?.entry ?? 0) + 1;
  if (row.entry !== expected) return `entry ${expected} is missing`;
  const sum: Money = BigInt(before?.balance ?? "0") + BigInt(row.amount);
  return BigInt(row.balance) === sum ? null : "its balance is not that before it and its amount";
}

const rowsAfter = (tx: Tx, { user, entry }: Row): Promise<readonly Row[]> =>
  tx
    .selectFrom("ledger")
    .select(["user", "entry", exact("amount").as("amount"), exact("balance").as("balance")])
    .where(sql<boolean>`("user", entry) > (${user}, cast(${entry} as bigint))`)
    .orderBy("user")
    .orderBy("entry")
    .limit(PAGE)
    .execute();
