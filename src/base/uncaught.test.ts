import assert from "node:assert/strict";
import { test } from "node:test";
import { moduleUrl, saidByModule } from "../../testing/module-run.ts";

/** A wait that does not end is a failure. */
const ends = { timeout: 30_000 };

/** What a module says that catches what is uncaught. */
const said = (source: string) =>
  saidByModule(`
    import { answerable, catchUncaught } from ${moduleUrl("src/base/uncaught.ts")};
    const uncaught = [];
    catchUncaught(({ error, name, untold }) => uncaught.push([String(error), name, untold]));
    const outcome = (work) => work.then(String, (error) => "failed: " + error.message);
    const later = (work) => new Promise((resolve) => setTimeout(() => resolve(work?.()), 1));
    ${source}`);

test(
  "what is thrown where nobody catches it fails the work in whose name it was, and no other",
  ends,
  async () => {
    const outcomes = await said(`
    const never = () => new Promise(() => {});
    const throwing = answerable({ operation: 1 }, () => {
      setTimeout(() => { throw new Error("a defect"); }, 1);
      return never();
    });
    const rejecting = answerable({ operation: 2 }, async () => {
      await later();
      Promise.reject(new Error("nobody awaits it"));
      return never();
    });
    const sound = answerable({ operation: 3 }, () => later(() => later(() => "done")));
    said = [await Promise.all([throwing, rejecting, sound].map(outcome)), uncaught];
  `);
    assert.deepEqual(outcomes, [
      ["failed: a defect", "failed: nobody awaits it", "done"],
      [
        ["Error: a defect", { operation: 1 }, 0],
        ["Error: nobody awaits it", { operation: 2 }, 0],
      ],
    ]);
  },
);

test(
  "what is thrown in nobody's name, or after its work has ended, is told and ends nothing",
  ends,
  async () => {
    const outcome = await said(`
    setTimeout(() => { throw new Error("in nobody's name"); }, 1);
    const answer = await answerable({ operation: 1 }, async () => {
      setTimeout(() => { throw new Error("late"); }, 5);
      return "done";
    });
    while (uncaught.length < 2) await later();
    said = [answer, uncaught];
  `);
    assert.deepEqual(outcome, [
      "done",
      [
        ["Error: in nobody's name", null, 0],
        ["Error: late", { operation: 1 }, 0],
      ],
    ]);
  },
);

test("of what comes again and again a bounded number is told", ends, async () => {
  const told = await said(`
    let thrown = 0;
    while (thrown < 500) {
      setImmediate(() => { thrown++; throw null; });
      await later();
    }
    said = uncaught.length;
  `);
  assert(typeof told === "number" && told >= 30 && told < 60, String(told));
});
