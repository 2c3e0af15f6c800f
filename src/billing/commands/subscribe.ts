/** Subscribing (accounts: subscriptions): the price is charged at once, out of the balance, and 402 is asked like for all. */
import type { Properties, Value } from "../../api/properties.ts";
import type { Clock } from "../../base/clock.ts";
import { busy, usage } from "../../base/errors.ts";
import type { UserId } from "../../base/ids.ts";
import { ensureActive, ensureCovered } from "../../limits/coverage.ts";
import type { Limits } from "../../limits/resources.ts";
import type { Worker } from "../../operations/worker.ts";
import type { Store, Tx } from "../../store/store.ts";
import { type Money, moneyText, type Priced } from "../money.ts";
import { ensurePriced, PERIOD_S, type Period, priceListAt, priceOf } from "../prices.ts";
import { buy, UNSETTLED } from "../subscriptions.ts";
import { QUOTE_KEYS } from "./keys.ts";

export type SubscriptionDependencies = {
  readonly store: Store;
  readonly worker: Worker;
  readonly limits: Limits;
  readonly clock: Clock;
};

export type Asked = {
  readonly resource: Priced;
  readonly amount: bigint;
  readonly period: Period;
  readonly renew: boolean;
};

/** How many of an account may be active. */
const MOST_ACTIVE = 1_000;

/** What it would cost from now on. Errors: `usage`, nothing of it has a price. */
export async function quoteOf({ store, clock }: SubscriptionDependencies, asked: Asked): Promise<Properties> {
  const now = clock.now();
  const { price, currency } = await store.snapshot((tx) => priceNow(tx, asked, now));
  return QUOTE_KEYS.inOrder([
    ["price", moneyText(price)] as [string, Value],
    ["currency", currency],
    ["from", now],
    ["to", now + PERIOD_S[asked.period]],
  ]);
}

/** Charges for it and makes it; answers its uuid. Errors: `usage`, nothing of it has a price; `billing`; `busy`. */
export async function subscribe(
  { limits, clock }: SubscriptionDependencies,
  tx: Tx,
  user: UserId,
  asked: Asked,
): Promise<string> {
  const now = clock.now();
  const { price } = await priceNow(tx, asked, now);
  await ensureActive(tx, user);
  const uuid = await buy(tx, { ...asked, user, from: now, price }, now);
  // What it covers itself is counted, and what it has cost.
  await ensureCovered(tx, { user, limits, clock }, {});
  await ensureFew(tx, user);
  return uuid;
}

/** Errors: `usage`. */
async function priceNow(
  tx: Tx,
  { resource, amount, period }: Asked,
  now: number,
): Promise<{ readonly price: Money; readonly currency: string }> {
  const currency = await ensurePriced(tx);
  const price = priceOf(await priceListAt(tx, now), resource, amount, period);
  if (price !== null) return { price, currency };
  throw usage("no_price", `${resource} has no price for a subscription: pricing/info lists those that have`, {
    key: "resource",
  });
}

/** Errors: `busy`. */
async function ensureFew(tx: Tx, user: UserId): Promise<void> {
  const { count } = await tx
    .selectFrom("subscriptions")
    .where("user", "=", user)
    .where("settled", "=", UNSETTLED)
    .select((row) => row.fn.countAll().as("count"))
    .executeTakeFirstOrThrow();
  if (Number(count) <= MOST_ACTIVE) return;
  throw busy("too_many_subscriptions", `an account has at most ${MOST_ACTIVE} active subscriptions`);
}
