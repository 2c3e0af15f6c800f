/** The plain model of money against cases that were reckoned by hand. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decimal, fraction, halfEven, money, whole } from "./exact.ts";
import { Funds } from "./funds.ts";
import { Keep } from "./keep.ts";
import { Account, HOUR, Prices } from "./model.ts";

const BEGIN = 1_000 * HOUR;
const GB = 2n ** 30n;
const DAY = 24 * HOUR;

/** An account with a balance, under prices that hold from the beginning. */
function account(balance = "100") {
  const prices = new Prices();
  prices.add({
    from: BEGIN,
    prices: {
      cpu: { burst: "0.001", subscription: "0.36" },
      mem: { burst: "0.0001" },
      disk: { burst: "0.0003", subscription: "0.1", year: "9.5" },
      xfer: { burst: "0.5", subscription: "0.25" },
    },
  });
  const made = new Account(prices, BEGIN);
  made.pay(units(balance), "first", BEGIN);
  return { prices, made };
}

const units = (decimals: string) =>
  halfEven({ ...fraction(decimals), top: fraction(decimals).top * 10n ** 8n });
const burstOf = (made: Account) =>
  made.ledger
    .filter(({ kind }) => kind === "burst")
    .map(({ resource, from, amount }) => [resource, ((from ?? 0) - BEGIN) / HOUR, money(amount)]);

describe("the plain model of money", () => {
  it("rounds from the middle to the even number, below zero too", () => {
    const halves = [1n, 3n, 5n, -1n, -3n].map((top) => halfEven(whole(top, 2n)));
    assert.deepEqual(halves, [0n, 2n, 2n, 0n, -2n]);
    assert.equal(halfEven(whole(-7n, 4n)), -2n);
    assert.equal(decimal(whole(-1n, 3n), 4), "-0.3333");
    assert.equal(money(1_250_000_000n), "12.5");
    assert.equal(money(-1n), "-0.00000001");
  });

  it("charges what a server used of an hour to the second, once the hour is over by two minutes", () => {
    const { made } = account();
    made.hold("server", { cpu: 2_000n, mem: 512n }, BEGIN + 600);
    made.charge(BEGIN + HOUR + 119);
    assert.deepEqual(burstOf(made), []);
    made.charge(BEGIN + HOUR + 120);
    // 2000 × 3000 s / 3600 × 0.001 = 1.6666…; 512 × 3000 / 3600 × 0.0001 = 0.042666…
    assert.deepEqual(burstOf(made), [
      ["cpu", 0, "-1.66666667"],
      ["mem", 0, "-0.04266667"],
    ]);
    made.hold("server", {}, BEGIN + HOUR + 900);
    made.charge(BEGIN + 5 * HOUR);
    // 2000 × 900 / 3600 × 0.001 = 0.5; 512 × 900 / 3600 × 0.0001 = 0.0128
    assert.deepEqual(burstOf(made).slice(2), [
      ["cpu", 1, "-0.5"],
      ["mem", 1, "-0.0128"],
    ]);
    assert.equal(money(made.balance), "97.77786666");
  });

  it("charges what lies beyond a subscription from its first second to its last", () => {
    const { made } = account("400");
    made.hold("server", { cpu: 1_500n }, BEGIN);
    const { price, to } = made.subscribe("cpu", 1_000n, "month", false, BEGIN + 1_800);
    assert.equal(money(price), "360");
    assert.equal(to, BEGIN + 1_800 + 720 * HOUR);
    made.charge(BEGIN + 2 * HOUR + 120);
    // Half an hour of 1500 and half of 500: 1.0; then an hour of 500.
    assert.deepEqual(burstOf(made), [
      ["cpu", 0, "-1"],
      ["cpu", 1, "-0.5"],
    ]);
    made.charge(BEGIN + 721 * HOUR + 120);
    assert.deepEqual(burstOf(made).at(-1), ["cpu", 720, "-1"]);
  });

  it("renews at the prices of that moment, after the hours before it, and only what the balance holds", () => {
    const { prices, made } = account("30");
    const first = made.subscribe("cpu", 50n, "month", true, BEGIN + 60);
    prices.add({ from: BEGIN + 100 * HOUR, prices: { cpu: { burst: "0.001", subscription: "0.2" } } });
    made.charge(first.to + HOUR);
    const [, second] = made.subscriptions;
    assert.deepEqual([second?.from, second && money(second.price)], [first.to, "10"]);
    assert.equal(money(made.balance), "2");
    made.charge(first.to + 721 * HOUR);
    assert.equal(made.subscriptions.length, 2);
    assert.equal(made.subscriptions[1]?.over, true);
  });

  it("takes bytes of the store that ends first, and loses what is left at its end", () => {
    const { made } = account();
    const year = made.subscribe("xfer", 10n * GB, "year", false, BEGIN);
    const month = made.subscribe("xfer", 4n * GB, "month", false, BEGIN + 5);
    made.transfer(3n * GB, BEGIN + 10);
    assert.deepEqual([made.left(month), made.left(year)], [GB, 10n * GB]);
    made.transfer(2n * GB, month.to);
    assert.deepEqual([made.left(month), made.left(year)], [GB, 8n * GB]);
    made.transfer(9n * GB, month.to + 10);
    made.charge(month.to + 2 * HOUR);
    assert.deepEqual(burstOf(made), [["xfer", 720, "-0.5"]]);
    assert.equal(money(year.price + month.price), "26");
  });

  it("charges each hour at its own price, however late", () => {
    const { prices, made } = account();
    made.hold("server", { mem: 1_000n }, BEGIN);
    prices.add({ from: BEGIN + HOUR, prices: { mem: { burst: "0.0002" } } });
    made.charge(BEGIN + 4 * HOUR);
    assert.deepEqual(burstOf(made), [
      ["mem", 0, "-0.1"],
      ["mem", 1, "-0.2"],
      ["mem", 2, "-0.2"],
    ]);
  });

  it("takes a year of disk at the list's own factor, and counts a reference once", () => {
    const { made } = account("10");
    assert.equal(money(made.subscribe("disk", 2n * GB, "year", false, BEGIN).price), "1.9");
    made.pay(units("5"), "again", BEGIN);
    made.pay(units("5"), "again", BEGIN);
    made.pay(units("-0.1"), "less", BEGIN);
    assert.equal(money(made.balance), "13");
    assert.deepEqual(
      made.ledger.map(({ kind }) => kind),
      ["credit", "subscription", "credit", "correction"],
    );
  });

  it("holds a start when balance and credit hold an hour of all the burst there would be", () => {
    const { made } = account("1.5");
    made.hold("server", { cpu: 1_000n }, BEGIN);
    assert.equal(made.holds(BEGIN, { cpu: 500n }), true);
    assert.equal(made.holds(BEGIN, { cpu: 501n }), false);
    made.credit = units("0.001");
    assert.equal(made.holds(BEGIN, { cpu: 501n }), true);
    assert.equal(made.holdsSubscription("cpu", 1n, "month", BEGIN), true);
    assert.equal(made.holdsSubscription("cpu", 5n, "month", BEGIN), false);
  });

  it("keeps drives for their days, and has them go once two warnings have reached the account and had theirs", () => {
    const keep = new Keep(BEGIN, { keepDays: 45, destroys: true });
    const days = (day: number) => keep.warning(BEGIN + day * DAY)?.days ?? null;
    assert.deepEqual([days(30), days(31), days(37)], [null, 14, null]);
    keep.reach(BEGIN + 37 * DAY);
    assert.deepEqual([days(38), days(44), days(45)], [7, 1, null]);
    // The first one had its days only on day 51, since nobody asked before day 37.
    assert.equal(keep.isOver(BEGIN + 45 * DAY), false);
    keep.reach(BEGIN + 45 * DAY);
    assert.equal(keep.isOver(BEGIN + 46 * DAY - 1), false);
    assert.deepEqual(
      [46, 51].map((day) => keep.isOver(BEGIN + day * DAY)),
      [false, true],
    );
  });

  it("has two warnings to come still where all are late, and keeps drives as long as they say", () => {
    const keep = new Keep(BEGIN, { keepDays: 1, destroys: true });
    assert.deepEqual(keep.warning(BEGIN), { days: 7, until: BEGIN + 7 * DAY, delivered: null });
    assert.equal(keep.warning(BEGIN + 5 * DAY), null);
    assert.deepEqual(keep.warning(BEGIN + 9 * DAY)?.until, BEGIN + 10 * DAY);
    keep.reach(BEGIN + 9 * DAY);
    assert.deepEqual(
      [10, 16].map((day) => keep.isOver(BEGIN + day * DAY)),
      [false, true],
    );
  });

  it("tells hooks of the end of funds, of the suspension and of its end, each once", () => {
    const { made } = account("1");
    const funds = new Funds(made, { keepDays: 45, destroys: false });
    made.hold("server", { cpu: 1_000n }, BEGIN);
    for (const hours of [0, 0.5, 2, 3, 26, 27]) {
      made.charge(BEGIN + hours * HOUR);
      funds.look(BEGIN + hours * HOUR, false);
    }
    made.pay(units("1000"), "second", BEGIN + 28 * HOUR);
    funds.paid();
    assert.deepEqual(
      made.events.map(({ event, data }) => [event, data.kind ?? data.reason ?? null]),
      [
        ["ledger.entry", "credit"],
        ["account.warning", "funds:1"],
        ["ledger.entry", "burst"],
        ["account.warning", "funds:0"],
        ...Array.from({ length: 24 }, () => ["ledger.entry", "burst"]),
        ["account.suspended", "its funds have ended"],
        ["ledger.entry", "burst"],
        ["ledger.entry", "credit"],
        ["account.resumed", null],
      ],
    );
  });
});
