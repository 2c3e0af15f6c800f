/** What an account uses now, and what of that its subscriptions cover (accounts: the caller's own account). */
import { hourCost, isPriced, type Money } from "../billing/money.ts";
import { priceListAt } from "../billing/prices.ts";
import { coveredNow } from "../billing/subscriptions.ts";
import { LEVELS, type Level } from "../metering/resources.ts";
import { openLevels } from "../metering/spans.ts";
import type { Tx } from "../store/store.ts";

export type UsingNow = {
  readonly resource: Level;
  /** All amounts are in the resource's unit. */
  readonly using: bigint;
  readonly subscribed: bigint;
  readonly burst: bigint;
  /** Of a unit for an hour, and what burst costs an hour; null where it has no price. */
  readonly price: string | null;
  readonly burning: Money | null;
};

/** Of all resources that have a level, in their order. Errors: `failed`, a price list is damaged. */
export async function usingNow(tx: Tx, user: string, now: number): Promise<readonly UsingNow[]> {
  const levels = await openLevels(tx, user);
  const covered = await coveredNow(tx, user, now);
  const list = await priceListAt(tx, now);
  return LEVELS.map((resource) => {
    const using = levels.get(resource) ?? 0n;
    const priced = isPriced(resource) ? resource : null;
    const subscribed = priced === null ? 0n : (covered.get(priced) ?? 0n);
    const burst = using > subscribed ? using - subscribed : 0n;
    const price = priced === null ? null : (list?.prices[priced]?.burst ?? null);
    const burning = priced === null || price === null ? null : hourCost(priced, burst, price);
    return { resource, using, subscribed, burst, price, burning };
  });
}
