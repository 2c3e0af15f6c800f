/** Bytes that accounts' servers sent to outside of the cloud and received from there (accounts: what is counted, `xfer`). */
import { statement } from "../store/statement.ts";
import type { Tx } from "../store/store.ts";
import type { Hours } from "./spans.ts";

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

/** What an account transferred, in the order of time. */
export type Transfer = { readonly time: number; readonly bytes: number };

export async function transfersOf(tx: Tx, user: string, { from, to }: Hours): Promise<readonly Transfer[]> {
  const { rows } = await between(tx, { user, from, to });
  return rows;
}

const between = statement<{ user: string; from: number; to: number }, Transfer>((db, param) =>
  db
    .selectFrom("transfers")
    .select(["time", "bytes"])
    .where("user", "=", param("user"))
    .where("time", ">=", param("from"))
    .where("time", "<", param("to"))
    .orderBy("time"),
);
