/** What waits for hooks, as it stands in the store: one queue for each account and hook. */
import type { Selectable } from "kysely";
import { backoff } from "../base/backoff.ts";
import { DAY_S, HOUR_MS } from "../base/durations.ts";
import type { Store, Tx } from "../store/store.ts";
import type { DeliveriesTable, DeliveryQueuesTable } from "../store/webhook-tables.ts";
import { isTaken, type Outcome } from "./post.ts";

/** For how long it is tried to tell something. */
const KEPT_TRYING_S = 3 * DAY_S;
/** How often in a row at least a hook was tried before anything is given up: a clock that jumps ahead gives up nothing. */
const LEAST_FAILURES = 20;
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = HOUR_MS;

export type Delivery = Selectable<DeliveriesTable>;

/** The accounts of which something is due for the hook, those that have waited longest first. */
export async function dueUsers(
  store: Store,
  webhook: string,
  nowMs: number,
  most: number,
): Promise<readonly string[]> {
  const rows = await store.snapshot((tx) =>
    tx
      .selectFrom("delivery_queues")
      .select("user")
      .where("webhook", "=", webhook)
      // A clock that was set back lets nothing wait longer than it is ever to wait.
      .where((row) =>
        row.or([row("next_try_ms", "<=", nowMs), row("next_try_ms", ">", nowMs + LONGEST_PAUSE_MS)]),
      )
      .orderBy("next_try_ms")
      .limit(most)
      .execute(),
  );
  return rows.map(({ user }) => user);
}

/** What is to be told next of the account, null when nothing is left. */
export async function firstWaiting(tx: Tx, webhook: string, user: string): Promise<Delivery | null> {
  const row = await tx
    .selectFrom("deliveries")
    .selectAll()
    .where("webhook", "=", webhook)
    .where("user", "=", user)
    .where("state", "=", "waiting")
    .orderBy("serial")
    .limit(1)
    .executeTakeFirst();
  return row ?? null;
}

/** Records what came of an attempt; answers how many deliveries were given up because of it. */
export async function recordOutcome(
  tx: Tx,
  { serial, webhook, user }: Delivery,
  outcome: Outcome,
  nowMs: number,
): Promise<number> {
  const taken = isTaken(outcome.status);
  await tx
    .updateTable("deliveries")
    .set((row) => ({
      ...{ status: outcome.status, error: outcome.error, tried: Math.floor(nowMs / 1000) },
      attempts: row("attempts", "+", 1),
      ...(taken ? { state: "delivered" as const, body: "" } : {}),
    }))
    .where("serial", "=", serial)
    .where("state", "=", "waiting")
    .execute();
  if (taken) {
    await shrinkQueue(tx, webhook, user, 1);
    // Its next is due now, behind those of other accounts.
    await changeQueue(tx, webhook, user, { next_try_ms: nowMs, failures: 0 });
    return 0;
  }
  const failures = await failedOnceMore(tx, webhook, user, nowMs);
  if (failures < LEAST_FAILURES) return 0;
  const givenUp = await giveUp(tx, webhook, user, Math.floor(nowMs / 1000) - KEPT_TRYING_S);
  // What came later is tried no sooner than a hook is that takes nothing.
  await shrinkQueue(tx, webhook, user, givenUp);
  return givenUp;
}

async function changeQueue(
  tx: Tx,
  webhook: string,
  user: string,
  columns: Partial<Pick<DeliveryQueuesTable, "next_try_ms" | "failures">>,
): Promise<void> {
  await tx
    .updateTable("delivery_queues")
    .set(columns)
    .where("webhook", "=", webhook)
    .where("user", "=", user)
    .execute();
}

/** So many wait no more; a queue in which nothing waits goes. */
async function shrinkQueue(tx: Tx, webhook: string, user: string, count: number): Promise<void> {
  await tx
    .updateTable("delivery_queues")
    .set((row) => ({ waiting: row("waiting", "-", count) }))
    .where("webhook", "=", webhook)
    .where("user", "=", user)
    .execute();
  await tx
    .deleteFrom("delivery_queues")
    .where("webhook", "=", webhook)
    .where("user", "=", user)
    .where("waiting", "<=", 0)
    .execute();
}

/** Forgets a queue in which nothing waits, whatever its count says. */
export async function dropQueue(tx: Tx, webhook: string, user: string): Promise<void> {
  if ((await firstWaiting(tx, webhook, user)) !== null) return;
  await tx.deleteFrom("delivery_queues").where("webhook", "=", webhook).where("user", "=", user).execute();
}

async function failedOnceMore(tx: Tx, webhook: string, user: string, nowMs: number): Promise<number> {
  const queue = await tx
    .selectFrom("delivery_queues")
    .select("failures")
    .where("webhook", "=", webhook)
    .where("user", "=", user)
    .executeTakeFirst();
  const failures = (queue?.failures ?? 0) + 1;
  const pauseMs = backoff(failures, FIRST_PAUSE_MS, LONGEST_PAUSE_MS);
  await changeQueue(tx, webhook, user, { failures, next_try_ms: nowMs + pauseMs });
  return failures;
}

async function giveUp(tx: Tx, webhook: string, user: string, before: number): Promise<number> {
  const { numUpdatedRows } = await tx
    .updateTable("deliveries")
    .set({ state: "failed", body: "" })
    .where("webhook", "=", webhook)
    .where("user", "=", user)
    .where("state", "=", "waiting")
    .where("time", "<=", before)
    .executeTakeFirst();
  return Number(numUpdatedRows);
}
