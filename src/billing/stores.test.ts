import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bounded } from "../../testing/property.ts";
import { type ByteStore, takeOut } from "./stores.ts";

const store = (uuid: string, from: number, to: number, amount: bigint, used = 0n): ByteStore => ({
  ...{ uuid, serial: uuid.charCodeAt(0), from, to, amount, used },
});

test("bytes are taken out of the store that ends first, and then out of the next", () => {
  const stores = [store("b", 0, 200, 100n), store("a", 0, 100, 30n, 10n)];
  const taken = takeOut(stores, [{ time: 50, bytes: 25n }]);
  assert.deepEqual(taken, {
    ...{ transferred: 25n, covered: 25n },
    used: new Map([
      ["a", 30n],
      ["b", 5n],
    ]),
  });
});

test("of stores that end together the one that was made first goes first", () => {
  const stores = [store("b", 0, 100, 10n), store("a", 0, 100, 10n)];
  assert.deepEqual([...takeOut(stores, [{ time: 1, bytes: 5n }]).used], [["a", 5n]]);
});

test("a store holds from its first second up to the one in which it has ended", () => {
  const transfers = [9, 10, 19, 20].map((time) => ({ time, bytes: 1n }));
  assert.deepEqual(takeOut([store("a", 10, 20, 100n)], transfers), {
    ...{ transferred: 4n, covered: 2n, used: new Map([["a", 2n]]) },
  });
});

test("what is covered is what the stores lose, of no store more than it has", () => {
  const number = fc.integer({ min: 0, max: 50 });
  const some = fc.array(fc.tuple(number, number, number), { maxLength: 4 });
  const transfers = fc.array(fc.tuple(number, number), { maxLength: 6 });
  fc.assert(
    fc.property(some, transfers, (made, came) => {
      const stores = made.map(([from, length, amount], at) =>
        store(String.fromCharCode(97 + at), from, from + length, BigInt(amount)),
      );
      const { transferred, covered, used } = takeOut(
        stores,
        came.map(([time, bytes]) => ({ time, bytes: BigInt(bytes) })),
      );
      let sum = 0n;
      for (const { uuid, amount } of stores) {
        const of = used.get(uuid) ?? 0n;
        assert.ok(of <= amount);
        sum += of;
      }
      assert.equal(covered, sum);
      assert.ok(covered <= transferred);
      assert.equal(
        transferred,
        came.reduce((all, [, bytes]) => all + BigInt(bytes), 0n),
      );
    }),
    bounded(500),
  );
});
