/** What the product answers of accounts, beside what the model says of them. */
import assert from "node:assert/strict";
import type { Party } from "./attempt.ts";
import { apart, known } from "./events.ts";
import { decimal, money, whole } from "./exact.ts";
import { HOUR, hourOf, LEVELS, PRICED, type Priced, type Prices, unitOf } from "./model.ts";
import { BEGIN, type Product } from "./product.ts";
import { maybeText } from "./properties.ts";
import { shownEntry } from "./shown-entry.ts";

export class Comparison {
  readonly #product: Product;
  readonly #prices: Prices;
  readonly #parties: readonly Party[];
  /** How many entries of each ledger were compared already. */
  readonly #compared = new Map<Party, number>();
  /** How many of the events that a hook is told, and the place of the last one in the outbox. */
  readonly #told = new Map<Party, Told>();

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
      await this.#usingNow(party);
      await this.#subscriptions(party);
      const { user, funds } = party;
      assert.equal(this.#product.warningsOf(user, "funds:0"), funds.warnings, "told that funds have ended");
      for (const [hours, count] of funds.told)
        assert.equal(this.#product.warningsOf(user, `funds:${hours}`), count, `told ${hours} hours before`);
    }
  }

  /**
   * New entries of the ledgers, and what a hook is told.
   *
   * @param wasKilled whether the daemon was meanwhile: then what came of funds may have come amid what was charged
   */
  ledgers(wasKilled = false): void {
    const hasHook = this.#product.hasHook;
    for (const party of this.#parties) {
      this.#ledger(party);
      if (hasHook) this.#events(party, wasKilled);
    }
  }

  #events(party: Party, wasKilled: boolean): void {
    const { user, model } = party;
    const { count, last } = this.#told.get(party) ?? NOTHING_TOLD;
    const events = this.#product.eventsOf(user, last);
    const expected = model.events.slice(count);
    if (events.length === 0 && expected.length === 0) return;
    const subscriptions = this.#product.subscriptionsOf(user);
    const is = events.map((event) => known(event, subscriptions));
    if (wasKilled) assert.deepEqual(apart(is), apart(expected), "what a hook is told");
    else assert.deepEqual(is, expected, "what a hook is told");
    this.#told.set(party, { count: model.events.length, last: events.at(-1)?.serial ?? last });
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
    funds.asked(now);
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

  async #usingNow({ user, model }: Party): Promise<void> {
    const { now } = this.#product;
    const { objects } = await this.#product.ask({ user, path: "profile/usage/now" });
    const rows = objects.map((row) => USING_KEYS.map((key) => maybeText(row, key)));
    assert.deepEqual(
      rows.filter(([resource]) => LEVELS.some((level) => level === resource)),
      LEVELS.map((level) => {
        const { using, covered } = model.using(level, now);
        const burst = using > covered ? using - covered : 0n;
        const price = this.#prices.at(now)[level]?.burst ?? null;
        const burning = this.#prices.burst(level, burst * BigInt(HOUR), now);
        return [level, ...[using, covered, burst].map(String), price, price === null ? null : money(burning)];
      }),
      "profile/usage/now",
    );
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

  /** What is long, once: ledgers as they are answered, use of several times, and all invoices. */
  async whole(): Promise<void> {
    for (const party of this.#parties) {
      await this.#wholeLedger(party);
      const { now } = this.#product;
      const [begin, end] = [hourOf(BEGIN), hourOf(now)];
      for (const part of [0, 0.1, 0.35, 0.7, 0.95]) {
        const from = hourOf(begin + Math.floor((end - begin) * part));
        await this.#usage(party, from < now - HOURS_KEPT ? from - (from % DAY) : from, end);
      }
      await this.#usage(party, monthAt(now), null);
      if (this.#prices.any) await this.#invoices(party);
      if (this.#product.hasHook) this.#allEvents(party);
    }
  }

  /** None of those that were compared is gone. */
  #allEvents({ user, model }: Party): void {
    assert.equal(
      this.#product.eventsOf(user, NOTHING_TOLD.last).length,
      model.events.length,
      "what a hook is told in all",
    );
  }

  async #wholeLedger({ user, model }: Party): Promise<void> {
    const { objects } = await this.#product.ask({ user, path: "profile/ledger[/FROM/TO]" });
    assert.deepEqual(
      objects.map((row) => ["entry", "amount", "balance", "kind"].map((key) => maybeText(row, key))),
      model.ledger.map(({ amount, balance, kind }, index) => {
        return [String(index + 1), money(amount), money(balance), kind];
      }),
      "profile/ledger",
    );
  }

  /** @param to null: this month so far */
  async #usage({ user, model }: Party, from: number, to: number | null): Promise<void> {
    const params = to === null ? {} : { params: { FROM: String(from), TO: String(to) } };
    const { objects } = await this.#product.ask({ user, path: "profile/usage[/FROM/TO]", ...params });
    const rows = objects.map((row) => KEYS.map((key) => maybeText(row, key)));
    assert.deepEqual(
      rows.filter(([resource]) => PRICED.some((priced) => priced === resource)),
      PRICED.map((resource) => {
        const { used, subscribed, burst, cost } = model.usage(resource, from, to ?? this.#product.now);
        const amounts = [used, subscribed, burst].map((amount) => amountText(resource, amount));
        return [resource, ...amounts, this.#prices.any ? money(cost) : null];
      }),
      `profile/usage/${from}/${to}`,
    );
  }

  async #invoices({ user, model }: Party): Promise<void> {
    const { objects } = await this.#product.ask({ user, path: "profile/invoices/list" });
    const months = objects.map((row) => maybeText(row, "month") ?? "");
    assert.equal(months.length > 0, model.ledger.length > 0);
    for (const month of months) {
      const from = Date.parse(`${month}-01T00:00:00Z`) / 1000;
      const path = "profile/invoices/MONTH/info";
      const { objects } = await this.#product.ask({ user, path, params: { MONTH: month } });
      const [invoice = []] = objects;
      const { before, charged, credited, corrected, after } = model.invoice(from, monthAt(from + 40 * DAY));
      assert.deepEqual(
        ["balance:before", "charged", "credited", "corrected", "balance:after"].map((key) =>
          maybeText(invoice, key),
        ),
        [before, charged, credited, corrected, after].map(money),
        `invoice of ${month}`,
      );
    }
  }
}

type Told = { readonly count: number; readonly last: number };

const NOTHING_TOLD: Told = { count: 0, last: 0 };

const DAY = 24 * HOUR;
/** What is longer ago is told from one whole day to another. */
const HOURS_KEPT = 99 * DAY;
const KEYS = ["resource", "amount", "subscribed", "burst", "cost"];
const USING_KEYS = ["resource", "using", "subscribed", "burst", "price", "burning"];

/** When the month of a time begins. */
function monthAt(seconds: number): number {
  const date = new Date(seconds * 1000);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1) / 1000;
}

/** Unit-seconds as units for an hour; bytes as GB. */
function amountText(resource: Priced, amount: bigint): string {
  const seconds = resource === "xfer" ? 1n : BigInt(HOUR);
  return decimal(whole(amount, seconds * unitOf(resource)), 8);
}
