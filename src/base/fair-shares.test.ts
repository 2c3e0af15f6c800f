import assert from "node:assert/strict";
import { test } from "node:test";
import { FairShares } from "./fair-shares.ts";

const SOON_MS = 20;
const LONG_MS = 60_000;

/** Takes one by one until no more is given, and answers how often. */
function takeAll(shares: FairShares, holder: string): number {
  let count = 0;
  while (shares.tryTake(holder, 1) !== null) count++;
  return count;
}

test("one alone gets a half, the next a half of what is left, and a newcomer always finds some", () => {
  const shares = new FairShares(64);
  assert.deepEqual(
    ["a", "b", "c", "d", "e"].map((holder) => takeAll(shares, holder)),
    [32, 16, 8, 4, 2],
  );
});

test("what is given back is there for others, and a share that is given back twice counts once", () => {
  const shares = new FairShares(8);
  const giveBack = shares.tryTake("a", 4) ?? assert.fail();
  assert.equal(shares.taken, 4);
  giveBack();
  giveBack();
  assert.equal(shares.taken, 0);
  assert.equal(takeAll(shares, "b"), 4);
});

test("who may not have it now waits until it is given back", async () => {
  const shares = new FairShares(8);
  const giveBack = shares.tryTake("a", 4) ?? assert.fail();
  const waits = shares.take("a", 4, LONG_MS);
  assert.equal(shares.waiting, 1);
  giveBack();
  (await waits)?.();
  assert.deepEqual([shares.taken, shares.waiting], [0, 0]);
});

test("who waits for too long is told so, and keeps nobody else waiting", async () => {
  const shares = new FairShares(8);
  const giveBack = shares.tryTake("a", 3) ?? assert.fail();
  const large = shares.take("b", 4, SOON_MS);
  const small = shares.take("b", 2, LONG_MS);
  assert.equal(shares.waiting, 2);
  assert.equal(await large, null);
  assert.notEqual(await small, null);
  giveBack();
});

test("of those that wait, whose holder has the least comes first, and a large one is not passed over", async () => {
  const shares = new FairShares(12);
  const [one, other] = [shares.tryTake("a", 3), shares.tryTake("a", 1)];
  const order: string[] = [];
  const take = async (holder: string, amount: number) => {
    const giveBack = await shares.take(holder, amount, LONG_MS);
    order.push(`${holder}${amount}`);
    return giveBack;
  };
  const all = [take("a", 4), take("b", 5), take("c", 1)];
  assert.equal(shares.waiting, 3);
  one?.();
  other?.();
  const given = await Promise.all(all.slice(1));
  assert.deepEqual(order, ["b5", "c1"]);
  assert.equal(shares.waiting, 1);
  for (const giveBack of given) giveBack?.();
  await all[0];
});

test("more than anybody may have is refused at once, not waited for", () => {
  assert.throws(() => void new FairShares(8).take("a", 5, LONG_MS), RangeError);
});

test("whoever waits keeps nobody waiting who has less, and those who have as much", () => {
  const shares = new FairShares(16);
  shares.tryTake("a", 8);
  void shares.take("a", 2, SOON_MS);
  assert.equal(shares.waiting, 1);
  assert.notEqual(shares.tryTake("b", 3), null);
  shares.tryTake("c", 1);
  void shares.take("c", 3, SOON_MS);
  assert.notEqual(shares.tryTake("d", 1), null);
  void shares.take("e", 3, SOON_MS);
  assert.equal(shares.tryTake("f", 1), null, "e waits and has nothing either");
});

test("there can be less of it than is taken, and more again, which those who wait are given", async () => {
  const shares = new FairShares(16);
  const giveBack = shares.tryTake("a", 6) ?? assert.fail();
  shares.resize(4);
  assert.deepEqual([shares.total, shares.taken, shares.most], [4, 6, 2]);
  assert.equal(shares.tryTake("b", 1), null);
  const waits = shares.take("b", 2, LONG_MS);
  shares.resize(10);
  assert.notEqual(await waits, null);
  giveBack();
  assert.deepEqual([shares.taken, shares.heldBy("a"), shares.heldBy("b")], [2, 0, 2]);
});
