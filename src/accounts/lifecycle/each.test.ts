import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Later } from "../../operations/operation.ts";
import { each } from "./each.ts";

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

/** Sets the clock that steps are measured by. */
function clockOf(t: TestContext) {
  const clock = { ms: 0 };
  t.mock.method(performance, "now", () => clock.ms);
  return clock;
}

test("eight are worked on at once, and every one once", async () => {
  let atOnce = 0;
  let most = 0;
  const done: number[] = [];
  await each(numbers(100), async (item) => {
    most = Math.max(most, ++atOnce);
    await new Promise(setImmediate);
    atOnce--;
    done.push(item);
  });
  assert.equal(most, 8);
  assert.deepEqual(
    done.sort((one, other) => one - other),
    numbers(100),
  );
});

test("a step that has lasted for five seconds begins no more, and the rest is for a later one", async (t) => {
  const clock = clockOf(t);
  let done = 0;
  const work = async () => {
    done++;
    clock.ms += 100;
  };
  await assert.rejects(each(numbers(2_000), work), (error) => error instanceof Later && error.afterMs === 0);
  assert.ok(done <= 58, `${done}`);
});

test("those at which a step begins are not the same each time, so that what hangs keeps none behind it waiting", async (t) => {
  const clock = clockOf(t);
  const done = new Set<number>();
  for (let step = 0; step < 400 && done.size < 50; step++) {
    await each(numbers(50), async (item) => {
      done.add(item);
      clock.ms += 1_000;
    }).catch((error) => assert.ok(error instanceof Later));
  }
  assert.equal(done.size, 50);
});

test("what fails is told once all were tried, and keeps no other from it; where nothing succeeds it is told at once", async (t) => {
  const clock = clockOf(t);
  const done: number[] = [];
  const work = async (item: number) => {
    if (item % 10 === 0) throw new Error(`no ${item}`);
    done.push(item);
  };
  await assert.rejects(each(numbers(30), work), /^AggregateError: 3 objects are there still: no \d/);
  assert.equal(done.length, 27);
  const slow = async () => {
    clock.ms += 1_000;
    throw new Error("none");
  };
  await assert.rejects(each(numbers(2_000), slow), /objects are there still: none/);
  await each([], slow);
});
