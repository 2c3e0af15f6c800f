import assert from "node:assert/strict";
import { test } from "node:test";
import { type Part, Upkeep } from "./upkeep.ts";

/** A part that is out of order, and in order again once it was refreshed so many times. */
function broken(what: string, failures: number) {
  const { promise: whole, resolve } = Promise.withResolvers<void>();
  let refreshed = 0;
  const part: Part = {
    what,
    isInOrder: () => refreshed > failures,
    async refresh() {
      refreshed++;
      if (refreshed <= failures) throw new Error("not yet");
      resolve();
    },
  };
  return { part, whole, refreshed: () => refreshed };
}

test("a part that is out of order is written again until it is in order, and told of once", async () => {
  const warnings: string[] = [];
  const { part, whole, refreshed } = broken("the part", 3);
  const upkeep = new Upkeep([part], { lookEveryMs: 1, warn: (message) => warnings.push(message) });
  await whole;
  await upkeep.close();
  assert.equal(refreshed(), 4);
  assert.equal(upkeep.figures.repairs, 4);
  assert.deepEqual(warnings, ["the part could not be brought in order, and is tried again"]);
});

test("a part that stays out of order keeps no other from being written", async () => {
  const stuck: Part = { what: "stuck", isInOrder: () => false, refresh: () => new Promise(() => {}) };
  const { part, whole } = broken("the part", 0);
  const upkeep = new Upkeep([stuck, part], { lookEveryMs: 1, warn: () => {} });
  await whole;
  assert.ok(upkeep.figures.outOfOrder.includes("stuck"));
  void upkeep.close();
});

test("a part that was brought in order is said to be out of order no more", async () => {
  const { part, whole } = broken("the part", 0);
  let looks = 0;
  const { promise: again, resolve } = Promise.withResolvers<void>();
  const looked: Part = {
    ...part,
    isInOrder() {
      if (++looks === 4) resolve();
      return part.isInOrder();
    },
  };
  const upkeep = new Upkeep([looked], { lookEveryMs: 1, warn: () => {} });
  await whole;
  await again;
  await upkeep.close();
  assert.deepEqual(upkeep.figures, { repairs: 1, outOfOrder: [] });
});

test("a part that was written anew is not said to be out of order before it is looked at again", async () => {
  const { promise: lookedAgain, resolve } = Promise.withResolvers<void>();
  let looks = 0;
  const part: Part = {
    what: "the part",
    isInOrder() {
      if (++looks === 1) return false;
      resolve();
      return new Promise(() => {});
    },
    refresh: () => Promise.resolve(),
  };
  const upkeep = new Upkeep([part], { lookEveryMs: 1, warn: () => {} });
  await lookedAgain;
  assert.deepEqual(upkeep.figures, { repairs: 1, outOfOrder: [] });
  void upkeep.close();
});

test("a part that is not as it was written, time and again, is said to be out of order", async () => {
  const { promise: said, resolve } = Promise.withResolvers<readonly string[]>();
  let refreshed = 0;
  const part: Part = {
    what: "the part",
    isInOrder: () => false,
    async refresh() {
      if (++refreshed === 2) resolve(upkeep.figures.outOfOrder);
    },
  };
  const upkeep = new Upkeep([part], { lookEveryMs: 1, warn: () => {} });
  assert.deepEqual(await said, ["the part"]);
  await upkeep.close();
});

test("a part that cannot be looked at is neither written nor said to be out of order, and told of once", async () => {
  const warnings: string[] = [];
  let looks = 0;
  const { promise: seen, resolve } = Promise.withResolvers<void>();
  const part: Part = {
    what: "the part",
    async isInOrder() {
      if (++looks === 4) resolve();
      throw new Error("no descriptor is free");
    },
    refresh: () => assert.fail("it was refreshed"),
  };
  const upkeep = new Upkeep([part], { lookEveryMs: 1, warn: (message) => warnings.push(message) });
  await seen;
  await upkeep.close();
  assert.deepEqual(warnings, ["the part cannot be looked at just now"]);
  assert.deepEqual(upkeep.figures, { repairs: 0, outOfOrder: [] });
});

/** Upkeep of a part that is in order, which counts how often it is looked at; `seen` comes with the third look. */
function inOrder() {
  const { promise: seen, resolve } = Promise.withResolvers<void>();
  let looks = 0;
  const part: Part = {
    what: "the part",
    isInOrder() {
      if (++looks === 3) resolve();
      return true;
    },
    refresh: () => assert.fail("it was refreshed"),
  };
  return { upkeep: new Upkeep([part], { lookEveryMs: 1, warn: assert.fail }), seen, looks: () => looks };
}

test("a part that is in order is let be, and not looked at any more once that is closed", async () => {
  const { upkeep, seen, looks } = inOrder();
  await seen;
  await upkeep.close();
  const before = looks();
  const other = inOrder();
  await other.seen;
  await other.upkeep.close();
  assert.equal(looks(), before);
});
