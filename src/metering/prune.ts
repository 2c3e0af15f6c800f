/**
 * What is counted goes a while after it is rolled up: spans that have ended, in which whoever asks what is behind a sum still
 * finds it, and hours, once their days are enough. Days stay. A few rows go at a time, so that nobody waits for it.
 */
import type { Clock } from "../base/clock.ts";
import { DAY_S } from "../base/durations.ts";
import { inSteps } from "../store/in-steps.ts";
import type { Store, Tx } from "../store/store.ts";
import { dayOf } from "./roll-up.ts";

/** How long spans are kept after their end. */
const SPANS_KEPT_S = 35 * DAY_S;
/** How long hours are: three months and some days. */
const HOURS_KEPT_S = 100 * DAY_S;
/** How many accounts, and how many rows, go in one transaction. */
const ACCOUNTS = 50;
const MOST = 500;

/** From when on hours are kept, the begin of a day: before it there are days alone. */
export const hoursKeptFrom = (now: number): number => Math.max(0, dayOf(now - HOURS_KEPT_S));

/** An account, and until when it is rolled up. */
type Meter = { readonly user: string; readonly until: number };

/** Errors: the store's. */
export async function pruneUse(store: Store, clock: Clock): Promise<void> {
  const now = clock.now();
  // A day later than nobody is told of them any more: what asks for them may be under way.
  const hoursBefore = hoursKeptFrom(now - DAY_S);
  for (let after = ""; ; ) {
    const meters = await store.snapshot((tx) => metersAfter(tx, after));
    for (const { user, until } of meters) {
      const ended = Math.min(now - SPANS_KEPT_S, until);
      await inSteps(store, (tx) => oldSpans(tx, user, ended), removeSpans);
      await inSteps(
        store,
        (tx) => oldHours(tx, user, hoursBefore),
        (tx, hours) => removeHours(tx, user, hours),
      );
    }
    const last = meters.at(-1);
    if (last === undefined) return;
    after = last.user;
  }
}

const metersAfter = (tx: Tx, after: string): Promise<readonly Meter[]> =>
  tx
    .selectFrom("meters")
    .select(["user", "until"])
    .where("user", ">", after)
    .orderBy("user")
    .limit(ACCOUNTS)
    .execute();

/** The serial numbers of some that ended by then. */
async function oldSpans(tx: Tx, user: string, before: number): Promise<readonly number[]> {
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

const removeSpans = (tx: Tx, serials: readonly number[]) =>
  tx.deleteFrom("spans").where("serial", "in", serials).execute();

/** The begins of some that began before then. */
async function oldHours(tx: Tx, user: string, before: number): Promise<readonly number[]> {
  const rows = await tx
    .selectFrom("usage_hours")
    .select("hour")
    .where("user", "=", user)
    .where("hour", "<", before)
    .orderBy("hour")
    .limit(MOST)
    .execute();
  return [...new Set(rows.map(({ hour }) => hour))];
}

const removeHours = (tx: Tx, user: string, hours: readonly number[]) =>
  tx.deleteFrom("usage_hours").where("user", "=", user).where("hour", "in", hours).execute();
