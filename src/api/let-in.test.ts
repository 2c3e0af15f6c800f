/** Whether somebody is let in still, as it is asked while they go on. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { callerOf } from "../../testing/http/accounts.ts";
import type { UserId } from "../base/ids.ts";
import { whenWithdrawn } from "./let-in.ts";

function watching(t: TestContext) {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const now = { isIn: true, isAway: false, withdrawn: 0, troubles: 0 };
  let change = () => {};
  const letIn = {
    async isLetIn() {
      if (now.isAway) throw new Error("the store is away");
      return now.isIn;
    },
    onChange(_user: UserId, listener: () => void) {
      change = listener;
      return () => {
        change = () => {};
      };
    },
  };
  const end = whenWithdrawn(letIn, callerOf("ann" as UserId), {
    withdraw: () => now.withdrawn++,
    onTrouble: () => now.troubles++,
  });
  const later = async (ms: number) => {
    t.mock.timers.tick(ms);
    await nextTurn();
  };
  return { now, end, later, change: () => change() };
}

test("who is let in no more is withdrawn though nobody heard of it, within a minute", async (t) => {
  const { now, later } = watching(t);
  await later(59_000);
  now.isIn = false;
  assert.equal(now.withdrawn, 0);
  await later(1_000);
  assert.equal(now.withdrawn, 1);
});

test("who is let in no more is withdrawn as soon as their account changes", async (t) => {
  const { now, change } = watching(t);
  await nextTurn();
  now.isIn = false;
  change();
  await nextTurn();
  assert.equal(now.withdrawn, 1);
});

test("while it cannot be asked nobody is withdrawn, and once it is over nothing is asked", async (t) => {
  const { now, later, end } = watching(t);
  now.isAway = true;
  await later(60_000);
  assert.deepEqual([now.withdrawn, now.troubles], [0, 1]);
  end();
  now.isIn = false;
  now.isAway = false;
  await later(600_000);
  assert.equal(now.withdrawn, 0);
});
