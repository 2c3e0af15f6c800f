/** Hooks and their log as they stand in the store. */
import type { Selectable } from "kysely";
import { ifAny, type Properties, type Value } from "../api/properties.ts";
import { shownWord } from "../api/shown.ts";
import { missing } from "../base/errors.ts";
import { parseUuid } from "../base/ids.ts";
import type { Store, Tx } from "../store/store.ts";
import type { WebhooksTable } from "../store/webhook-tables.ts";
import { LOG_KEYS, WEBHOOK_KEYS } from "./keys.ts";

/** How many deliveries the log answers: the last. */
const MOST_LOGGED = 1_000;

export type Webhook = Selectable<WebhooksTable>;

/** The hook in a word of the URL. Errors: `missing`. */
export function webhookWord(word = ""): string {
  const uuid = parseUuid(word);
  if (uuid === null) throw noSuchWebhook(word);
  return uuid;
}

const noSuchWebhook = (hook: string) => missing("no_such_webhook", `there is no webhook ${shownWord(hook)}`);

/** Errors: `missing`. */
export async function presentWebhook(tx: Tx, uuid: string): Promise<Webhook> {
  const row = await tx.selectFrom("webhooks").selectAll().where("uuid", "=", uuid).executeTakeFirst();
  if (row === undefined) throw noSuchWebhook(uuid);
  return row;
}

const allHooks = (tx: Tx): Promise<readonly Webhook[]> =>
  tx.selectFrom("webhooks").selectAll().orderBy("serial").execute();

export async function* webhookList(store: Store): AsyncGenerator<readonly Properties[]> {
  const hooks = await store.snapshot(allHooks);
  if (hooks.length > 0) yield hooks.map(({ uuid }) => [["webhook", uuid]]);
}

export async function* webhookInfos(store: Store): AsyncGenerator<readonly Properties[]> {
  const answers = await store.snapshot(async (tx) => {
    const found: Properties[] = [];
    for (const hook of await allHooks(tx)) found.push(await answer(tx, hook, null));
    return found;
  });
  if (answers.length > 0) yield answers;
}

/** @param secret what is told this once, null for nothing. Errors: `missing`. */
export const webhookInfo = (store: Store, uuid: string, secret: string | null = null): Promise<Properties> =>
  store.snapshot(async (tx) => answer(tx, await presentWebhook(tx, uuid), secret));

async function answer(tx: Tx, hook: Webhook, secret: string | null): Promise<Properties> {
  const { uuid, url, events, created } = hook;
  const { waiting, error } = await waitingFor(tx, uuid);
  return WEBHOOK_KEYS.inOrder([
    ["webhook", uuid] as [string, Value],
    ["url", url],
    ["events", events],
    ["created", created],
    ["waiting", waiting],
    ...ifAny("error", error),
    ...ifAny("secret", secret),
  ]);
}

/** How much waits for the hook, and why what was tried of it last was not taken. */
async function waitingFor(tx: Tx, webhook: string): Promise<{ waiting: number; error: string }> {
  const { sum } = await tx
    .selectFrom("delivery_queues")
    .select((row) => row.fn.sum("waiting").as("sum"))
    .where("webhook", "=", webhook)
    .executeTakeFirstOrThrow();
  const last = await tx
    .selectFrom("delivery_queues")
    .innerJoin("deliveries", (join) =>
      join
        .onRef("deliveries.webhook", "=", "delivery_queues.webhook")
        .onRef("deliveries.user", "=", "delivery_queues.user")
        .on("deliveries.state", "=", "waiting"),
    )
    .select("deliveries.error")
    .where("delivery_queues.webhook", "=", webhook)
    .where("delivery_queues.failures", ">", 0)
    .where("deliveries.error", "!=", "")
    .limit(1)
    .executeTakeFirst();
  return { waiting: Number(sum ?? 0), error: last?.error ?? "" };
}

/** The last deliveries of a hook, newest last. */
export async function* webhookLog(store: Store, webhook: string): AsyncGenerator<readonly Properties[]> {
  const rows = await store.snapshot((tx) =>
    tx
      .selectFrom("deliveries")
      .select(["serial", "message", "event", "user", "time", "state", "attempts", "tried", "status", "error"])
      .where("webhook", "=", webhook)
      .orderBy("serial", "desc")
      .limit(MOST_LOGGED)
      .execute(),
  );
  if (rows.length === 0) return;
  yield rows
    .reverse()
    .map(({ serial, tried, status, error, ...rest }) =>
      LOG_KEYS.inOrder([
        ["delivery", serial] as [string, Value],
        ...Object.entries(rest),
        ...ifAny("tried", tried),
        ...ifAny("status", status),
        ...ifAny("error", error),
      ]),
    );
}
