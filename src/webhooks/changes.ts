/** Making and changing hooks. What comes about after a change was answered is told to those that there are then. */
import { randomUUID } from "node:crypto";
import type { Login } from "../api/command.ts";
import type { Changes } from "../api/input.ts";
import { busy } from "../base/errors.ts";
import { createOnce, type Repeat, retireKeyOf } from "../operations/idempotency.ts";
import type { Tx } from "../store/store.ts";
import type { WebhookDependencies } from "./dependencies.ts";
import { bodyOf } from "./message.ts";
import { forgetHooks, HOOKS_TOPIC } from "./outbox.ts";
import type { Outcome } from "./post.ts";
import { presentWebhook } from "./records.ts";

/** Each event costs a row for every hook that names it. */
const MOST_HOOKS = 20;

/**
 * Makes a hook; answers its uuid and its secret, null where an earlier request has made it. Errors: `busy`, there are many; as of
 * all that change something, those of `ensureAdmin`.
 */
export async function createWebhook(
  dependencies: WebhookDependencies,
  admin: Login,
  changes: Changes,
  repeat: Repeat | null,
): Promise<{ readonly uuid: string; readonly secret: string | null }> {
  const { store, keyring, ensureAdmin } = dependencies;
  const made = randomUUID() as string;
  const { secret, wrapped } = keyring.make(made);
  const uuid = await createOnce(dependencies, repeat, async (tx) => {
    await ensureAdmin(tx, admin);
    await ensureFew(tx);
    await tx
      .insertInto("webhooks")
      .values({
        ...{ uuid: made, url: String(changes.get("url")), events: String(changes.get("events")) },
        ...{ wrapped_secret: wrapped, created: Math.floor(Date.now() / 1000) },
      })
      .execute();
    forgetHooks(tx);
    return { object: made, operation: null };
  });
  store.ring(HOOKS_TOPIC);
  return { uuid, secret: uuid === made ? secret : null };
}

/** Errors: `busy`. */
async function ensureFew(tx: Tx): Promise<void> {
  const { count } = await tx
    .selectFrom("webhooks")
    .select((row) => row.fn.countAll().as("count"))
    .executeTakeFirstOrThrow();
  if (Number(count) < MOST_HOOKS) return;
  throw busy(
    "too_many_webhooks",
    `a cloud has at most ${MOST_HOOKS} webhooks, and this one has them: destroy some`,
  );
}

/** Changes where its events are sent, or which. What waits is tried at once. Errors: `missing`. */
export async function setWebhook(
  { store, ensureAdmin }: WebhookDependencies,
  admin: Login,
  uuid: string,
  changes: Changes,
): Promise<void> {
  await store.transaction(
    async (tx) => {
      await ensureAdmin(tx, admin);
      await presentWebhook(tx, uuid);
      const set = {
        ...(changes.has("url") ? { url: String(changes.get("url")) } : {}),
        ...(changes.has("events") ? { events: String(changes.get("events")) } : {}),
      };
      if (Object.keys(set).length === 0) return;
      await tx.updateTable("webhooks").set(set).where("uuid", "=", uuid).execute();
      await tx
        .updateTable("delivery_queues")
        .set({ next_try_ms: 0, failures: 0 })
        .where("webhook", "=", uuid)
        .execute();
      forgetHooks(tx);
    },
    { grows: true },
  );
  store.ring(HOOKS_TOPIC);
}

/** Takes a hook away: nothing more is sent there. Its log goes by and by. Errors: `missing`. */
export async function destroyWebhook(
  { store, ensureAdmin }: WebhookDependencies,
  admin: Login,
  uuid: string,
): Promise<void> {
  await store.transaction(
    async (tx) => {
      await ensureAdmin(tx, admin);
      await presentWebhook(tx, uuid);
      await tx.deleteFrom("webhooks").where("uuid", "=", uuid).execute();
      await tx.deleteFrom("delivery_queues").where("webhook", "=", uuid).execute();
      await retireKeyOf(tx, uuid);
      forgetHooks(tx);
    },
    { erases: true },
  );
  store.ring(HOOKS_TOPIC);
}

/** Sends the hook an event that stands for nothing, whatever waits for it; answers what came of it. Errors: `missing`. */
export async function testWebhook(
  { store, sendNow }: WebhookDependencies,
  uuid: string,
  user: string,
): Promise<Outcome> {
  const hook = await store.snapshot((tx) => presentWebhook(tx, uuid));
  const [id, event] = [randomUUID(), "webhook.test"];
  const time = Math.floor(Date.now() / 1000);
  return sendNow(hook, id, event, bodyOf({ id, event, time, user, data: { webhook: uuid } }));
}
