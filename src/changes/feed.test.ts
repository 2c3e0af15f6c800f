/** How those who follow are woken: all of them by one look, and none is missed. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { Feed } from "./feed.ts";

/** A feed over counters of accounts, with what it asked of them, and who was woken. */
function feeding(t: TestContext) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const moved: { user: string; moved: number }[] = [];
  const seen = { asked: [] as string[], woken: [] as string[], troubles: 0, isAway: false };
  const records = {
    async all() {
      seen.asked.push("all");
      if (seen.isAway) throw new Error("the store is away");
      return moved.length;
    },
    async moved(since: number) {
      seen.asked.push(`since ${since}`);
      if (seen.isAway) throw new Error("the store is away");
      return moved.filter((each) => each.moved > since);
    },
  };
  const feed = new Feed(records, () => seen.troubles++);
  return {
    seen,
    change: (user: string) => moved.push({ user, moved: moved.length + 1 }),
    follow: (user: string, name = user) => feed.follow(user, () => seen.woken.push(name)),
    async later(ms: number) {
      t.mock.timers.tick(ms);
      await nextTurn();
    },
  };
}

test("who began to follow before the first look is woken by it, since something may have come meanwhile", async (t) => {
  const { seen, follow, change, later } = feeding(t);
  follow("ann");
  change("ann");
  await later(500);
  assert.deepEqual(seen.woken, ["ann"]);
});

test("a look is one query however many follow, and wakes all of an account, and nobody else", async (t) => {
  const { seen, follow, change, later } = feeding(t);
  for (const name of ["one", "two", "three"]) follow("ann", name);
  for (let others = 0; others < 1000; others++) follow(`other-${others}`, "other");
  await later(500);
  seen.woken.length = 0;
  seen.asked.length = 0;
  await later(500);
  assert.deepEqual(seen.asked, ["since 0"]);
  assert.deepEqual(seen.woken, []);
  change("ann");
  await later(500);
  assert.deepEqual(seen.woken, ["one", "two", "three"]);
});

test("nothing is asked while nobody follows, and whoever comes then is woken as the first was", async (t) => {
  const { seen, follow, change, later } = feeding(t);
  const leave = follow("ann");
  await later(500);
  leave();
  change("ann");
  seen.asked.length = 0;
  await later(10_000);
  assert.deepEqual(seen.asked, []);
  seen.woken.length = 0;
  follow("ann");
  await later(500);
  assert.deepEqual([seen.asked, seen.woken], [["all"], ["ann"]]);
});

test("a store that is away is asked more and more seldom, and what came meanwhile is told after", async (t) => {
  const { seen, follow, change, later } = feeding(t);
  follow("ann");
  await later(500);
  seen.woken.length = 0;
  seen.isAway = true;
  for (let step = 0; step < 120; step++) await later(500);
  assert.ok(seen.troubles < 10, `it was told ${seen.troubles} times`);
  change("ann");
  seen.isAway = false;
  for (let step = 0; step < 60; step++) await later(500);
  assert.deepEqual(seen.woken, ["ann"]);
});
