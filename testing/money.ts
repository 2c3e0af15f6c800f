/** A store in which accounts use things at times that a test chooses, and a charging of it. */
import type { TestContext } from "node:test";
import { createUser } from "../src/accounts/users.ts";
import { recordCharged } from "../src/billing/charged.ts";
import { Charging } from "../src/billing/charging.ts";
import { appendEntries, ledgerRows, readLedgerRow } from "../src/billing/ledger.ts";
import { moneyText, type Priced, parseMoney } from "../src/billing/money.ts";
import { addPriceList, type Period, type Prices, priceListAt, priceOf } from "../src/billing/prices.ts";
import { buy } from "../src/billing/subscriptions.ts";
import type { Store } from "../src/store/store.ts";
import { type Engine, freshStore } from "./stores.ts";

/** A whole hour, and the first of a month: 2027-03-01T00:00:00Z. */
export const START = 1_803_859_200;
export const HOUR = 3600;

export type Ledgered = readonly [kind: string, amount: string, resource: string | null, hour: number | null];

/** Makes a store whose time is `START`, with an account; they go with the test. */
export async function openLedger(t: Pick<TestContext, "after">, engine: Engine) {
  const store = await (await freshStore(t, engine))();
  t.after(() => store.close());
  const time = { now: START };
  const clock = { now: () => time.now };
  const { uuid: user } = await createUser(store, "ann");
  const troubles: unknown[] = [];
  const chargingOf = (of: Store) =>
    new Charging({ store: of, clock, onTrouble: (error) => troubles.push(error) });
  const charging = chargingOf(store);
  return {
    ...{ store, time, clock, user, troubles, charging, chargingOf },
    /** Says that all is charged up to `START`, whatever time it is. */
    begin: () => store.transaction((tx) => recordCharged(tx, START)),
    /** Adds a price list from that hour on. */
    prices: (prices: Prices, from: number | null = null) =>
      store.transaction((tx) => addPriceList(tx, { currency: "EUR", from, prices }, time.now)),
    credit: (amount: string, of = user) =>
      store.transaction((tx) =>
        appendEntries(tx, of, time.now, [{ kind: "credit", amount: parseMoney(amount) ?? 0n, text: "" }]),
      ),
    subscribe: (resource: Priced, amount: bigint, period: Period, renew: boolean, of = user) =>
      store.transaction(async (tx) => {
        const price = priceOf(await priceListAt(tx, time.now), resource, amount, period) ?? 0n;
        return buy(tx, { user: of, resource, amount, period, from: time.now, renew, price }, time.now);
      }),
    /** What was charged and credited: `hour` counts from `START`. */
    async entries(of = user): Promise<readonly Ledgered[]> {
      const rows = await store.snapshot((tx) =>
        ledgerRows(tx).where("user", "=", of).orderBy("entry").execute(),
      );
      return rows.map(readLedgerRow).map(({ kind, amount, resource, from }) => {
        return [kind, moneyText(amount), resource, from === null ? null : (from - START) / HOUR];
      });
    },
  };
}
