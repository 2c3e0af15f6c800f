import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bounded } from "../../testing/property.ts";
import {
  burstCost,
  hourCost,
  isPrice,
  moneyText,
  PRICED,
  type Priced,
  parseMoney,
  priceTimes,
  subscriptionCost,
} from "./money.ts";

/** A price as a fraction whose denominator is 10^12. */
function fraction(price: string): bigint {
  const [whole = "", places = ""] = price.split(".");
  return BigInt(whole + places.padEnd(12, "0"));
}

/** The quotient of whole numbers that are not below zero, rounded half to even. */
function halfEven(numerator: bigint, denominator: bigint): bigint {
  const [quotient, rest] = [numerator / denominator, numerator % denominator];
  if (2n * rest === denominator) return quotient + (quotient % 2n);
  return 2n * rest > denominator ? quotient + 1n : quotient;
}

const isByTheGigabyte = (resource: Priced) => resource === "disk" || resource === "xfer";

const price = fc
  .tuple(fc.integer({ min: 0, max: 999_999 }), fc.stringMatching(/^\d{0,12}$/))
  .map(([whole, places]) => (places === "" ? String(whole) : `${whole}.${places}`));
const resource = fc.constantFrom(...PRICED);

test("what use costs is the fraction that it is, rounded half to even at eight places", () => {
  const used = fc.bigInt({ min: 0n, max: 2n ** 60n });
  fc.assert(
    fc.property(resource, used, price, (of, amount, text) => {
      const divisor = (of === "xfer" ? 1n : 3600n) * (isByTheGigabyte(of) ? 2n ** 30n : 1n);
      const expected = halfEven(amount * fraction(text) * 10n ** 8n, divisor * 10n ** 12n);
      assert.equal(burstCost(of, amount, text), expected);
    }),
    bounded(2_000),
  );
});

test("what a subscription costs is the fraction that it is, rounded half to even at eight places", () => {
  const amount = fc.bigInt({ min: 0n, max: 2n ** 52n });
  const factor = fc.constantFrom("1", "10", "9.5", "10.25");
  fc.assert(
    fc.property(resource, amount, price, factor, (of, units, text, months) => {
      const divisor = isByTheGigabyte(of) ? 2n ** 30n : 1n;
      const product = units * fraction(text) * fraction(months) * 10n ** 8n;
      assert.equal(subscriptionCost(of, units, text, months), halfEven(product, divisor * 10n ** 24n));
    }),
    bounded(2_000),
  );
});

for (const [used, cost] of [
  [1800n, 0n],
  [5400n, 2n],
  [9000n, 2n],
  [9001n, 3n],
  [12600n, 4n],
  [1801n, 1n],
] as const) {
  test(`${used} unit-seconds at 0.00000001 an hour cost ${cost} units: a half goes to the even one`, () => {
    assert.equal(burstCost("cpu", used, "0.00000001"), cost);
  });
}

test("an hour of a level costs what its 3600 seconds do", () => {
  assert.equal(hourCost("mem", 512n, "0.00001"), 512_000n);
  assert.equal(hourCost("disk", 10n * 2n ** 30n, "0.0001"), 100_000n);
});

test("an amount of money is written as it is read, without needless zeroes", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 18n) + 1n, max: 10n ** 18n - 1n }), (amount) => {
      const text = moneyText(amount);
      assert.equal(parseMoney(text), amount);
      assert.doesNotMatch(text, /\.\d*0$|\.$/);
    }),
    bounded(1_000),
  );
});

for (const [text, amount] of [
  ["12.5", 1_250_000_000n],
  ["-3", -300_000_000n],
  ["0.00000001", 1n],
  ["-0.00000001", -1n],
  ["7.50000000", 750_000_000n],
  ["0", 0n],
] as const) {
  test(`${text} is an amount of money`, () => assert.equal(parseMoney(text), amount));
}

for (const text of ["", "1e3", "+1", "01", ".5", "1.", "1.000000001", "10000000000", "1,5", "0x1", " 1"]) {
  test(`${JSON.stringify(text)} is no amount of money`, () => assert.equal(parseMoney(text), null));
}

test("a price has at most twelve places, and is not below zero", () => {
  const texts = ["0", "0.000000000001", "999999.5", "-1", "1000000", "0.0000000000001", "1e-3", "1."];
  assert.deepEqual(texts.filter(isPrice), ["0", "0.000000000001", "999999.5"]);
});

test("a price times a factor is exact", () => {
  assert.equal(priceTimes("0.000000000001", "10"), "0.00000000001");
  assert.equal(priceTimes("1.25", "9.5"), "11.875");
  assert.equal(priceTimes("0.000000000001", "0.000000000001"), "0.000000000000000000000001");
});
