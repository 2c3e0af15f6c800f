import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestEvent } from "node:test/reporters";
import { FileTimes } from "./file-times.ts";

/** The end of a test, as a run tells of it; a file is a test of that name. */
const completed = (name: string, file: string, duration_ms: number) =>
  ({ type: "test:complete", data: { name, file, details: { duration_ms } } }) as TestEvent;

async function linesOf(events: readonly TestEvent[]): Promise<string[]> {
  const times = new FileTimes("/here");
  async function* source() {
    yield* events;
  }
  const passed: TestEvent[] = [];
  for await (const event of times.pass(source())) passed.push(event);
  assert.deepEqual(passed, events);
  return times.lines();
}

test("the files that took longest are named, the longest first, and none of their tests", async () => {
  const events = [
    completed("a rule", "/here/src/a.test.ts", 900_000),
    completed("/here/src/a.test.ts", "/here/src/a.test.ts", 1_240),
    completed("/here/src/b.test.ts", "/here/src/b.test.ts", 61_000),
  ];
  assert.deepEqual(await linesOf(events), [
    "ℹ files that took longest, of 2:",
    "   61.0 s  src/b.test.ts",
    "    1.2 s  src/a.test.ts",
  ]);
});

test("of one file alone nothing is said, and of many the longest 25 are named", async () => {
  const file = (n: number) => completed(`/here/${n}.test.ts`, `/here/${n}.test.ts`, n);
  assert.deepEqual(await linesOf([file(1)]), []);
  assert.equal((await linesOf(Array.from({ length: 40 }, (_, n) => file(n)))).length, 26);
});
