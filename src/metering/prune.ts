/**
 * Spans that have ended go once their hours are rolled up and a while has passed, in which whoever asks what is behind a sum
 * still finds it. A few at a time, so that nobody waits for it.
 */
import type { Clock } from "../base/clock.ts";
import type { Store, Tx } from "../store/store.ts";

/** How long they are kept after their end. */
const KEPT_S = 35 * 86_400;
/** How many accounts, and how many spans, go in one transaction. */
const ACCOUNTS = 50;
const MOST = 500;

/** Errors: the store's. */
export async function pruneSpans(store: Store, clock: Clock): Promise<void> {
  const before = clock.now() - KEPT_S;
  for (let after = ""; ; ) {
    const users = await store.snapshot((tx) =>
      tx
        .selectFrom("meters")
        .select(["user", "until"])
        .where("user", ">", after)
        .orderBy("user")
        .limit(ACCOUNTS)
        .execute(),
    );
    for (const { user, until } of users) {
      const old = { user, before: Math.min(before, until) };
      while ((await store.snapshot((tx) => oldSpans(tx, old))).length > 0)
        await store.transaction(async (tx) => {
          const serials = await oldSpans(tx, old);
          if (serials.length > 0) await tx.deleteFrom("spans").where("serial", "in", serials).execute();
        });
    }
    const last = users.at(-1);
    if (last === undefined) return;
    after = last.user;
  }
}

/** The serial numbers of some that ended by then. */
async function oldSpans(
  tx: Tx,
  { user, before }: { readonly user: string; readonly before: number },
): Promise<readonly number[]> {
  const rows = await tx
    .selectFrom("spans")
    .select("serial")
    .where("user", "=", user)
    .where("ends", "<=", before)
    .orderBy("ends")
    .limit(MOST)
    .execute();
  return rows.map(({ serial }) => serial);
}
