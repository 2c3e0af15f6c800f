/**
 * The outbox: what hooks are to be told is recorded in the transaction in which it comes about, so that neither is there
 * without the other. It is sent later, by whatever daemon there is then (`deliverer.ts`).
 */
import { randomUUID } from "node:crypto";
import { words } from "../api/value.ts";
import { statementOfMany } from "../store/statement.ts";
import type { Store, Tx } from "../store/store.ts";
import { type HookEvent, isCallers } from "./events.ts";
import { bodyOf, type Told } from "./message.ts";

/** How many events that callers bring about wait of one account for one hook; more are not recorded. */
export const MOST_WAITING = 10_000;

/** How many deliveries are inserted by one statement. */
const ROWS_AT_ONCE = 500;

/** The store's topic that is rung when hooks were changed. */
export const HOOKS_TOPIC = "webhooks";

type Hook = { readonly uuid: string; readonly events: readonly string[] };

/** The hooks of each store that this process has open: what happens where there are none costs no query. */
const known = new WeakMap<object, readonly Hook[]>();

const storeOf = (tx: Tx): object => tx.getExecutor().adapter;

/** To be called in a transaction that changes hooks: what comes about after it is told to those that there are then. */
export function forgetHooks(tx: Tx): void {
  known.delete(storeOf(tx));
}

/** Lets changes by other processes be heard of; ends with the function that this answers. */
export function followHooks(store: Store, onTrouble: (error: unknown) => void): () => void {
  return store.listen(HOOKS_TOPIC, () => {
    store.transaction(async (tx) => forgetHooks(tx)).catch(onTrouble);
  });
}

async function hooksOf(tx: Tx, event: HookEvent): Promise<readonly Hook[]> {
  let hooks = known.get(storeOf(tx));
  if (hooks === undefined) {
    const rows = await tx.selectFrom("webhooks").select(["uuid", "events"]).orderBy("serial").execute();
    hooks = rows.map(({ uuid, events }) => ({ uuid, events: words(events) }));
    known.set(storeOf(tx), hooks);
  }
  return hooks.filter(({ events }) => events.includes(event));
}

/** Whether anybody is told of the event: where it costs something to find out what it says. */
export const isTold = async (tx: Tx, event: HookEvent): Promise<boolean> =>
  (await hooksOf(tx, event)).length > 0;

/**
 * Records an event for the hooks that name it, in the transaction in which it comes about.
 *
 * @param data what it says besides the account
 */
export async function tellHooks(tx: Tx, event: HookEvent, user: string, data: Told): Promise<void> {
  for (const { uuid } of await hooksOf(tx, event)) {
    if (isCallers(event) && (await isCrowded(tx, uuid, user))) continue;
    await queue(tx, uuid, event, [{ user, data }]);
  }
}

/** What an event says of an account besides that. */
type Happened = { readonly user: string; readonly data: Told };

/** The same of an event that no caller brings about, and that has come about several times, in their order, by few statements. */
export async function tellHooksOfAll(
  tx: Tx,
  event: Exclude<HookEvent, `server.${string}` | `drive.${string}`>,
  happened: readonly Happened[],
): Promise<void> {
  for (const { uuid } of await hooksOf(tx, event)) {
    for (let first = 0; first < happened.length; first += ROWS_AT_ONCE)
      await queue(tx, uuid, event, happened.slice(first, first + ROWS_AT_ONCE));
  }
}

async function queue(
  tx: Tx,
  webhook: string,
  event: HookEvent,
  happened: readonly Happened[],
): Promise<void> {
  const time = Math.floor(Date.now() / 1000);
  const waiting = new Map<string, number>();
  const deliveries = happened.map(({ user, data }) => {
    waiting.set(user, (waiting.get(user) ?? 0) + 1);
    const message = randomUUID();
    return { user, message, body: bodyOf({ id: message, event, time, user, data }) };
  });
  await addDeliveries(tx, deliveries, { webhook, event, time });
  const queues = [...waiting].map(([user, count]) => ({ user, waiting: count }));
  await lengthenQueues(tx, queues, { webhook });
}

type Delivery = { readonly user: string; readonly message: string; readonly body: string };

const addDeliveries = statementOfMany<Delivery, { webhook: string; event: string; time: number }, unknown>(
  (db, deliveries, param) =>
    db.insertInto("deliveries").values(
      deliveries.map(({ user, message, body }) => ({
        ...{ webhook: param("webhook"), user, message, event: param("event"), time: param("time"), body },
        ...{ state: "waiting" as const, tried: null, status: null },
      })),
    ),
);

const lengthenQueues = statementOfMany<{ user: string; waiting: number }, { webhook: string }, unknown>(
  (db, queues, param) =>
    db
      .insertInto("delivery_queues")
      .values(queues.map((each) => ({ ...each, webhook: param("webhook"), next_try_ms: 0, failures: 0 })))
      .onConflict((conflict) =>
        conflict.columns(["webhook", "user"]).doUpdateSet((row) => ({
          waiting: row("delivery_queues.waiting", "+", row.ref("excluded.waiting")),
        })),
      ),
);

async function isCrowded(tx: Tx, webhook: string, user: string): Promise<boolean> {
  const queue = await tx
    .selectFrom("delivery_queues")
    .select("waiting")
    .where("webhook", "=", webhook)
    .where("user", "=", user)
    .executeTakeFirst();
  return queue !== undefined && queue.waiting >= MOST_WAITING;
}
