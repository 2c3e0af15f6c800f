/**
 * The ledger (accounts: money): what an account was charged and credited. An entry is written in the transaction of what it
 * is for, bears the balance after it, and is never changed: the store refuses that. So the balance is that of the last one.
 */
import type { Selectable } from "kysely";
import type { LedgerTable } from "../store/billing-tables.ts";
import { exact } from "../store/exact.ts";
import { statementOfMany, statementOfValues } from "../store/statement.ts";
import type { QueryParams, Tx } from "../store/store.ts";
import type { Told } from "../webhooks/message.ts";
import { tellHooksOfAll } from "../webhooks/outbox.ts";
import { type Money, moneyText } from "./money.ts";

/** An entry as it is asked for. */
export type Entry = {
  readonly kind: LedgerTable["kind"];
  /** Below zero: it is charged. */
  readonly amount: Money;
  readonly text: string;
  readonly resource?: string;
  /** What time it is for, in seconds since the epoch. */
  readonly from?: number;
  readonly to?: number;
  /** What whoever credits calls it: an account has one entry of that reference. */
  readonly reference?: string;
};

/** An entry as it stands in the ledger. */
export type LedgerRow = Omit<Selectable<LedgerTable>, "amount" | "balance"> & {
  readonly amount: Money;
  readonly balance: Money;
};

/** How many rows are inserted by one statement, which may have 32,766 parameters on SQLite. */
const ROWS_AT_ONCE = 500;

/**
 * Writes entries at the end of an account's ledger, in their order; answers them as they stand there.
 *
 * Errors: the store's, where an hour or a reference would be entered twice, or the balance passes 64 bits.
 */
export const appendEntries = (
  tx: Tx,
  user: string,
  at: number,
  entries: readonly Entry[],
): Promise<readonly LedgerRow[]> => appendAll(tx, at, new Map([[user, entries]]));

/** The same for several accounts at once, by few statements. */
export async function appendAll(
  tx: Tx,
  at: number,
  entries: ReadonlyMap<string, readonly Entry[]>,
): Promise<readonly LedgerRow[]> {
  const rows: LedgerRow[] = [];
  const users = [...entries].flatMap(([user, { length }]) => (length === 0 ? [] : [user]));
  const heads = await headsOf(tx, users);
  for (const user of users) {
    let { entry, balance } = heads.get(user) ?? { entry: 0, balance: 0n };
    for (const { amount, kind, text, resource = null, from = null, to = null, ...more } of entries.get(
      user,
    ) ?? []) {
      entry += 1;
      balance += amount;
      const { reference = null } = more;
      rows.push({ user, entry, time: at, amount, balance, kind, resource, from, to, text, reference });
    }
  }
  for (let first = 0; first < rows.length; first += ROWS_AT_ONCE) {
    await enter(tx, rows.slice(first, first + ROWS_AT_ONCE), {});
  }
  const told = rows.map((row) => ({ user: row.user, data: toldOf(row) }));
  await tellHooksOfAll(tx, "ledger.entry", told);
  return rows;
}

const enter = statementOfMany<LedgerRow, QueryParams, unknown>((db, rows) =>
  db.insertInto("ledger").values(rows),
);

/** What is told of an entry, by the names of its keys: those that it has none of are left out. */
export function toldOf({
  entry,
  time,
  amount,
  balance,
  kind,
  resource,
  from,
  to,
  text,
  reference,
}: LedgerRow): Told {
  const all = { entry, time, amount: moneyText(amount), balance: moneyText(balance), kind };
  const more = Object.entries({ resource, from, to, text, reference });
  return { ...all, ...Object.fromEntries(more.filter(([, value]) => value !== null && value !== "")) };
}

/** Zero before the first entry. */
export const balanceOf = async (tx: Tx, user: string): Promise<Money> =>
  (await headsOf(tx, [user])).get(user)?.balance ?? 0n;

/** The same of several accounts, by few statements; those without entries are left out. */
export async function balancesOf(tx: Tx, users: readonly string[]): Promise<ReadonlyMap<string, Money>> {
  return new Map([...(await headsOf(tx, users))].map(([user, { balance }]) => [user, balance]));
}

/** The entry of that reference, null where there is none. */
export async function entryOfReference(tx: Tx, user: string, reference: string): Promise<LedgerRow | null> {
  const rows = ledgerRows(tx).where("user", "=", user).where("reference", "=", reference);
  const row = await rows.executeTakeFirst();
  return row === undefined ? null : readLedgerRow(row);
}

/** A query of the ledger whose rows `readLedgerRow` reads. */
export const ledgerRows = (tx: Tx) =>
  tx
    .selectFrom("ledger")
    .select(["user", "entry", "time", "kind", "resource", "from", "to", "text", "reference"])
    .select([exact("amount").as("amount"), exact("balance").as("balance")]);

type Read = Omit<LedgerRow, "amount" | "balance"> & { readonly amount: string; readonly balance: string };

export const readLedgerRow = (row: Read): LedgerRow => ({
  ...row,
  amount: BigInt(row.amount),
  balance: BigInt(row.balance),
});

type Head = { readonly entry: number; readonly balance: Money };

/** The number and the balance of the last entry of each; those without entries are left out. */
async function headsOf(tx: Tx, users: readonly string[]): Promise<ReadonlyMap<string, Head>> {
  const heads = new Map<string, Head>();
  for (let first = 0; first < users.length; first += ROWS_AT_ONCE) {
    const { rows } = await lastEntries(tx, users.slice(first, first + ROWS_AT_ONCE), {});
    for (const { uuid, entry, balance } of rows) heads.set(uuid, { entry, balance: BigInt(balance) });
  }
  return heads;
}

type LastEntry = { readonly uuid: string; readonly entry: number; readonly balance: string };

const lastEntries = statementOfValues<QueryParams, LastEntry>((db, users) =>
  db
    .selectFrom("users")
    .innerJoin("ledger", (join) =>
      join.onRef("ledger.user", "=", "users.uuid").on((row) =>
        row(
          "ledger.entry",
          "=",
          row
            .selectFrom("ledger as last")
            .select((of) => of.fn.max("last.entry").as("entry"))
            .whereRef("last.user", "=", "users.uuid"),
        ),
      ),
    )
    .select(["users.uuid", "ledger.entry", exact("ledger.balance").as("balance")])
    .where("users.uuid", "in", users),
);
