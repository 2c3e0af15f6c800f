/**
 * Up to where use is charged: one time for all accounts, before which all hours are rolled up and charged, but for accounts of
 * which that failed, whose own hours are behind.
 */
import { hourOf } from "../metering/roll-up.ts";
import { statement, statementOfValues } from "../store/statement.ts";
import type { QueryParams, Tx } from "../store/store.ts";

/** Up to where all accounts are charged, those that are overdue apart. @param now where nothing is recorded yet: this hour's begin */
export async function allChargedUntil(tx: Tx, now: number): Promise<number> {
  return (await recordedUntil(tx)) ?? hourOf(now);
}

/** Up to where it is recorded that all are charged; null where nothing is recorded yet. */
export const recordedUntil = async (tx: Tx): Promise<number | null> =>
  (await recorded(tx, {})).rows[0]?.until ?? null;

const recorded = statement<QueryParams, { until: number }>((db) => db.selectFrom("charged").select("until"));

/** Up to where the account is. */
export async function chargedUntil(tx: Tx, user: string, now: number): Promise<number> {
  const [known] = (await untilOf(tx, { user })).rows;
  if (known?.behind != null) return known.behind;
  return Math.max(await allChargedUntil(tx, now), known?.own ?? 0);
}

type Until = { readonly behind: number | null; readonly own: number | null };

const untilOf = statement<{ user: string }, Until>((db, param) =>
  db
    .selectFrom("users")
    .leftJoin("overdue", "overdue.user", "users.uuid")
    .leftJoin("meters", "meters.user", "users.uuid")
    .select(["overdue.until as behind", "meters.until as own"])
    .where("users.uuid", "=", param("user")),
);

/** Those of the accounts that are behind the others. */
export async function overdueOf(tx: Tx, users: readonly string[]): Promise<readonly string[]> {
  const { rows } = await behind(tx, users, {});
  return rows.map(({ user }) => user);
}

const behind = statementOfValues<QueryParams, { user: string }>((db, users) =>
  db.selectFrom("overdue").select("user").where("user", "in", users),
);

/** Records that all are charged up to there. */
export async function recordCharged(tx: Tx, until: number): Promise<void> {
  const { numAffectedRows } = await setUntil(tx, { until });
  if (numAffectedRows === 0n) await tx.insertInto("charged").values({ until }).execute();
}

const setUntil = statement<{ until: number }, unknown>((db, param) =>
  db.updateTable("charged").set({ until: param("until") }),
);
