/** Subscriptions as they are answered: the queries that read them. */
import type { Properties, Value } from "../../api/properties.ts";
import { shownWord } from "../../api/shown.ts";
import { missing } from "../../base/errors.ts";
import type { UserId } from "../../base/ids.ts";
import { statement } from "../../store/statement.ts";
import type { Store, Tx } from "../../store/store.ts";
import { bytesLeft } from "../hour.ts";
import { moneyText } from "../money.ts";
import {
  isActive,
  readSubscription,
  type Subscription,
  type SubscriptionRow,
  subscriptionRows,
} from "../subscriptions.ts";
import { SUBSCRIPTION_KEYS } from "./keys.ts";

/** How many are in memory at once. */
const PAGE = 200;

/** Errors: `missing`, the account has none of that uuid. */
export async function ownSubscription(tx: Tx, user: UserId, uuid: string): Promise<Subscription> {
  const rows = subscriptionRows(tx).where("uuid", "=", uuid).where("user", "=", user);
  const row = await rows.executeTakeFirst();
  if (row === undefined) throw missing("no_such_subscription", `there is no subscription ${shownWord(uuid)}`);
  return readSubscription(row);
}

export const subscriptionList = (store: Store, user: UserId) =>
  pages(store, user, async (_tx, page) => page.map(({ uuid }): Properties => [["subscription", uuid]]));

export const subscriptionInfos = (store: Store, user: UserId, now: number) =>
  pages(store, user, async (tx, page) => {
    const left = await bytesLeft(tx, user, now);
    return page.map((each) => answerOf(each, left(each), now));
  });

/** Errors: `missing`. */
export const subscriptionInfo = (
  store: Store,
  user: UserId,
  uuid: string,
  now: number,
): Promise<Properties> =>
  store.snapshot(async (tx) => {
    const subscription = await ownSubscription(tx, user, uuid);
    return answerOf(subscription, (await bytesLeft(tx, user, now))(subscription), now);
  });

/** The account's, oldest first. */
async function* pages<Item>(
  store: Store,
  user: UserId,
  read: (tx: Tx, page: readonly Subscription[]) => Promise<readonly Item[]>,
): AsyncGenerator<readonly Item[]> {
  for (let after = -1; ; ) {
    const { page, items } = await store.snapshot(async (tx) => {
      const { rows } = await pageAfter(tx, { user, after });
      const page = rows.map(readSubscription);
      return { page, items: await read(tx, page) };
    });
    if (items.length > 0) yield items;
    if (page.length < PAGE) return;
    after = page.at(-1)?.serial ?? after;
  }
}

const pageAfter = statement<{ user: string; after: number }, SubscriptionRow>((db, param) =>
  subscriptionRows(db)
    .where("user", "=", param("user"))
    .where("serial", ">", param("after"))
    .orderBy("serial")
    .limit(PAGE),
);

function answerOf(subscription: Subscription, left: bigint, now: number): Properties {
  const { uuid, resource, amount, period, from, to, renew, price } = subscription;
  return SUBSCRIPTION_KEYS.inOrder([
    ["subscription", uuid] as [string, Value],
    ["resource", resource],
    ["amount", Number(amount)],
    ["period", period],
    ["from", from],
    ["to", to],
    ["renew", renew === 1 ? "true" : "false"],
    ["price", moneyText(price)],
    ["status", isActive(subscription, now) ? "active" : "ended"],
    ...(resource === "xfer" ? [["left", Number(left)] as [string, Value]] : []),
  ]);
}
