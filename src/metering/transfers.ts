/** Bytes that accounts' servers sent to outside of the cloud and received from there (accounts: what is counted, `xfer`). */
import { statement, statementOfValues } from "../store/statement.ts";
import type { Tx } from "../store/store.ts";

/** @param at accounting time now: an hour that is rolled up takes no more */
export async function noteTransfer(tx: Tx, user: string, bytes: number, at: number): Promise<void> {
  if (bytes > 0) await add(tx, { user, bytes, time: at });
}

const add = statement<{ user: string; bytes: number; time: number }, unknown>((db, param) =>
  db
    .insertInto("transfers")
    .values({ user: param("user"), time: param("time"), bytes: param("bytes") })
    .onConflict((conflict) =>
      conflict
        .columns(["user", "time"])
        .doUpdateSet((row) => ({ bytes: row("transfers.bytes", "+", row.ref("excluded.bytes")) })),
    ),
);

/** Bytes that were transferred at a time, in seconds since the epoch. */
export type Transfer = { readonly time: number; readonly bytes: bigint };

/** What the account transferred before `to` and is in no hour yet, in the order of time. */
export const transfersOf = async (tx: Tx, user: string, to: number): Promise<readonly Transfer[]> =>
  (await transfersOfAll(tx, [user], to)).get(user) ?? [];

/** The same of several accounts, by one statement; those without any are left out. */
export async function transfersOfAll(
  tx: Tx,
  users: readonly string[],
  to: number,
): Promise<ReadonlyMap<string, readonly Transfer[]>> {
  const found = new Map<string, Transfer[]>();
  if (users.length === 0) return found;
  const { rows } = await before(tx, users, { to });
  for (const { user, time, bytes } of rows) {
    const transfer = { time, bytes: BigInt(bytes) };
    const own = found.get(user);
    if (own === undefined) found.set(user, [transfer]);
    else own.push(transfer);
  }
  return found;
}

type Row = { readonly user: string; readonly time: number; readonly bytes: number };

const before = statementOfValues<{ to: number }, Row>((db, users, param) =>
  db
    .selectFrom("transfers")
    .select(["user", "time", "bytes"])
    .where("user", "in", users)
    .where("time", "<", param("to"))
    .orderBy("time"),
);
