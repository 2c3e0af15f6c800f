/** The log of deliveries is bounded: in time and, for each hook, in number. */
import { DAY_S } from "../base/durations.ts";
import { inSteps } from "../store/in-steps.ts";
import type { Store, Tx } from "../store/store.ts";

/** For how long what was delivered, or given up, is told by the log. */
const KEPT_S = 30 * DAY_S;
/** How many deliveries of one hook are kept, those that wait apart. */
const MOST_KEPT = 100_000;
const PRUNED_AT_ONCE = 1_000;

/** Removes what is too old or too much, and what is left of hooks that are gone. Errors: the store's. */
export async function pruneDeliveries(store: Store, nowMs: number, most: number = MOST_KEPT): Promise<void> {
  const before = Math.floor(nowMs / 1000) - KEPT_S;
  await inSteps(store, (tx) => oldOnes(tx, before), remove);
  for (let after = ""; ; ) {
    const hook = await store.snapshot((tx) => hookAfter(tx, after));
    if (hook === null) return;
    const { uuid, isThere } = hook;
    await inSteps(store, (tx) => (isThere ? beyond(tx, uuid, most) : ofHook(tx, uuid)), remove);
    after = hook.uuid;
  }
}

const remove = (tx: Tx, serials: readonly number[]) =>
  tx.deleteFrom("deliveries").where("serial", "in", serials).execute();

const serialsOf = (rows: readonly { readonly serial: number }[]) => rows.map(({ serial }) => serial);

const oldOnes = async (tx: Tx, before: number) =>
  serialsOf(
    await tx
      .selectFrom("deliveries")
      .select("serial")
      .where("time", "<", before)
      .where("state", "!=", "waiting")
      .orderBy("time")
      .limit(PRUNED_AT_ONCE)
      .execute(),
  );

/** The next hook that has deliveries, in the order of their uuids, and whether it is still there: a step along an index. */
async function hookAfter(tx: Tx, after: string) {
  const next = await tx
    .selectFrom("deliveries")
    .select("webhook as uuid")
    .where("webhook", ">", after)
    .orderBy("webhook")
    .limit(1)
    .executeTakeFirst();
  if (next === undefined) return null;
  const hook = await tx
    .selectFrom("webhooks")
    .select("uuid")
    .where("uuid", "=", next.uuid)
    .executeTakeFirst();
  return { ...next, isThere: hook !== undefined };
}

/** Of a hook that is gone; its queues went with it. */
const ofHook = async (tx: Tx, webhook: string) =>
  serialsOf(
    await tx
      .selectFrom("deliveries")
      .select("serial")
      .where("webhook", "=", webhook)
      .orderBy("serial")
      .limit(PRUNED_AT_ONCE)
      .execute(),
  );

async function beyond(tx: Tx, webhook: string, most: number): Promise<readonly number[]> {
  const first = await tx
    .selectFrom("deliveries")
    .select("serial")
    .where("webhook", "=", webhook)
    .orderBy("serial", "desc")
    .offset(most)
    .limit(1)
    .executeTakeFirst();
  if (first === undefined) return [];
  const rows = await tx
    .selectFrom("deliveries")
    .select("serial")
    .where("webhook", "=", webhook)
    .where("serial", "<=", first.serial)
    .where("state", "!=", "waiting")
    .orderBy("serial")
    .limit(PRUNED_AT_ONCE)
    .execute();
  return serialsOf(rows);
}
