/** What the product answers of accounts, beside what the model says of them. */
import assert from "node:assert/strict";
import type { Party } from "./attempt.ts";
import { money } from "./exact.ts";
import { type Entry, LEVELS, type Prices } from "./model.ts";
import type { Product } from "./product.ts";
import { maybeText } from "./properties.ts";

export class Comparison {
  readonly #product: Product;
  readonly #prices: Prices;
  readonly #parties: readonly Party[];
  /** How many entries of each ledger were compared already. */
  readonly #compared = new Map<Party, number>();

  constructor(product: Product, prices: Prices, parties: readonly Party[]) {
    this.#product = product;
    this.#prices = prices;
    this.#parties = parties;
  }

  /** What changes from act to act. */
  async now(): Promise<void> {
    this.ledgers();
    for (const party of this.#parties) {
      await this.#profile(party);
      await this.#subscriptions(party);
      const { user, funds } = party;
      assert.equal(this.#product.warningsOf(user, "funds:0"), funds.warnings, "told that funds have ended");
    }
  }

  /** New entries of the ledgers. */
  ledgers(): void {
    for (const party of this.#parties) this.#ledger(party);
  }

  #ledger(party: Party): void {
    const { user, model } = party;
    const first = this.#compared.get(party) ?? 0;
    const entries = this.#product.ledgerOf(user, first);
    assert.deepEqual(entries, model.ledger.slice(first).map(shownEntry), "the ledger");
    this.#compared.set(party, model.ledger.length);
  }

  async #profile({ user, model, funds }: Party): Promise<void> {
    const { objects } = await this.#product.ask({ user, path: "profile/info" });
    const [info = []] = objects;
    const { now } = this.#product;
    const expected: Record<string, string | null> = { status: funds.status };
    for (const level of LEVELS) expected[`used:${level}`] = String(model.using(level, now).using);
    const hasPrices = this.#prices.any;
    expected.balance = hasPrices ? money(model.balance) : null;
    expected.credit = hasPrices ? money(model.credit) : null;
    expected.burning = hasPrices ? money(model.burning(now)) : null;
    const until = hasPrices ? model.fundsUntil(now) : null;
    expected["funds:until"] = until === null ? null : String(until);
    const is = Object.fromEntries(Object.keys(expected).map((key) => [key, maybeText(info, key)]));
    assert.deepEqual(is, expected, "profile/info");
  }

  async #subscriptions({ user, model }: Party): Promise<void> {
    const { now } = this.#product;
    const { objects } = await this.#product.ask({ user, path: "subscriptions/info" });
    const keys = ["resource", "amount", "period", "from", "to", "renew", "price", "status", "left"];
    assert.deepEqual(
      objects.map((info) => keys.map((key) => maybeText(info, key))),
      model.subscriptions.map((each) => {
        const { resource, amount, period, from, to, renew, price, over } = each;
        const isActive = now < to || (renew && !over);
        const left = resource === "xfer" ? String(now < to ? model.left(each) : 0) : null;
        const shown = [
          resource,
          amount,
          period,
          from,
          to,
          renew,
          money(price),
          isActive ? "active" : "ended",
        ];
        return [...shown.map(String), left];
      }),
      "subscriptions/info",
    );
  }

  /** What is long, once. */
  async whole(): Promise<void> {
    for (const { user, model } of this.#parties) {
      const { objects } = await this.#product.ask({ user, path: "profile/ledger[/FROM/TO]" });
      assert.deepEqual(
        objects.map((row) => ["entry", "amount", "balance", "kind"].map((key) => maybeText(row, key))),
        model.ledger.map(({ amount, balance, kind }, index) => {
          return [String(index + 1), money(amount), money(balance), kind];
        }),
        "profile/ledger",
      );
    }
  }
}

export type ShownEntry = ReturnType<typeof shownEntry>;

const shownEntry = ({ kind, amount, balance, resource, from, to }: Entry) => ({
  ...{ kind, amount: String(amount), balance: String(balance), resource, from, to },
});
