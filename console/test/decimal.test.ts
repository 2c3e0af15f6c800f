/** The console's exact decimals, and what it says that things cost, against what the cloud charges. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { moneyText as charged, hourCost, type Priced } from "../../src/billing/money.ts";
import { bounded } from "../../testing/property.ts";
import { costOf, sizeIn } from "../src/money/cost.ts";
import {
  compare,
  decimal,
  decimalText,
  divided,
  moneyText,
  plus,
  rounded,
  times,
} from "../src/money/decimal.ts";

const DECIMAL = fc
  .tuple(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.integer({ min: 0, max: 12 }))
  .map(([units, places]) => ({ units, places }));

test("a decimal is read as it is written, without needless zeroes", () => {
  for (const [text, written] of [
    ["0", "0"],
    ["-0.5", "-0.5"],
    ["12.3400", "12.34"],
    ["0.000000012345", "0.000000012345"],
    ["100", "100"],
    ["-7.00", "-7"],
  ] as const)
    assert.equal(decimalText(decimal(text)), written);
  for (const text of ["", "1.", ".5", "1e3", "1,5", "--1"]) assert.throws(() => decimal(text), /no decimal/);
});

test("sums, products and orders are exact, of any places", () => {
  fc.assert(
    fc.property(DECIMAL, DECIMAL, (one, other) => {
      const scale = ({ units, places }: typeof one) => units * 10n ** BigInt(12 - places);
      assert.equal(scale(plus(one, other)), scale(one) + scale(other));
      const product = times(one, other);
      assert.equal(product.units * 10n ** BigInt(24 - product.places), scale(one) * scale(other));
      assert.equal(
        Math.sign(compare(one, other)),
        Number(scale(one) > scale(other)) - Number(scale(one) < scale(other)),
      );
      assert.deepEqual(scale(decimal(decimalText(one))), scale(one));
    }),
    bounded(200),
  );
});

test("what is between two is rounded to the even one", () => {
  for (const [text, places, to] of [
    ["0.125", 2, "0.12"],
    ["0.135", 2, "0.14"],
    ["-0.125", 2, "-0.12"],
    ["0.1251", 2, "0.13"],
    ["2.5", 0, "2"],
    ["3.5", 0, "4"],
    ["7", 3, "7"],
  ] as const)
    assert.equal(decimalText(rounded(decimal(text), places)), to, text);
  assert.equal(decimalText(divided(decimal("1"), 3n, 4)), "0.3333");
  assert.equal(decimalText(divided(decimal("2"), 3n, 4)), "0.6667");
});

test("money is told with cents, and where it is less than one with the digits that say how much", () => {
  for (const [text, told] of [
    ["1234567.891", "1,234,567.89"],
    ["1", "1.00"],
    ["-12.345", "-12.34"],
    ["0.999", "0.999"],
    ["0.02340001", "0.0234"],
    ["0.0000125", "0.0000125"],
    ["-0.5", "-0.5"],
    ["0", "0"],
    ["0.00", "0"],
  ] as const)
    assert.equal(moneyText(decimal(text)), told, text);
});

test("an hour is said to cost what the cloud charges for it, beyond what subscriptions cover", () => {
  const price = fc
    .tuple(fc.integer({ min: 0, max: 999 }), fc.integer({ min: 0, max: 10 ** 12 - 1 }))
    .map(([whole, places]) => `${whole}.${String(places).padStart(12, "0")}`);
  const amount = fc.bigInt({ min: 0n, max: 2n ** 45n });
  const row = fc.record({ price, asked: amount, using: amount, subscribed: amount });
  fc.assert(
    fc.property(fc.record({ cpu: row, disk: row }), (rows) => {
      const resources = Object.keys(rows) as (keyof typeof rows & Priced)[];
      const cost = costOf(
        Object.fromEntries(resources.map((resource) => [resource, rows[resource].asked])),
        resources.map((resource) => ({ resource, burst: rows[resource].price, currency: "EUR" })),
        resources.map((resource) => ({
          resource,
          using: Number(rows[resource].using),
          subscribed: Number(rows[resource].subscribed),
        })),
      );
      let sum = 0n;
      for (const resource of resources) {
        const { price, asked, using, subscribed } = rows[resource];
        const free = subscribed > using ? subscribed - using : 0n;
        sum += hourCost(resource, asked > free ? asked - free : 0n, price);
      }
      assert.equal(decimalText(cost.hour), charged(sum));
      assert.equal(compare(cost.month, times(cost.hour, decimal("720"))), 0);
    }),
    bounded(200),
  );
});

test("sizes are read as the API reads them, and what is none is none", () => {
  for (const [text, size] of [
    ["10G", 10n * 2n ** 30n],
    ["512m", 512n * 2n ** 20n],
    ["1k", 1024n],
    ["3T", 3n * 2n ** 40n],
    ["4096", 4096n],
    [" 20M ", 20n * 2n ** 20n],
    ["", null],
    ["a lot", null],
    ["-1", null],
  ] as const)
    assert.equal(sizeIn(text), size, text);
});
