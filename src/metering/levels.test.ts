import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { excess, levels, type Span, type Step } from "./levels.ts";

const LENGTH = 40;
const SECONDS = Array.from({ length: LENGTH }, (_, second) => second);

const SPAN: fc.Arbitrary<Span> = fc
  .record({
    amount: fc.integer({ min: 0, max: 5 }),
    begins: fc.integer({ min: -5, max: LENGTH + 5 }),
    lasts: fc.option(fc.integer({ min: 0, max: 30 })),
  })
  .map(({ amount, begins, lasts }) => ({ amount, begins, ends: lasts === null ? null : begins + lasts }));
const SPANS = fc.array(SPAN, { maxLength: 8 });

/** What holds in each second, one after the other. */
const seconds = (spans: readonly Span[]) =>
  SECONDS.map((at) =>
    spans.reduce(
      (sum, { amount, begins, ends }) =>
        begins <= at && (ends === null || at < ends) ? sum + Number(amount) : sum,
      0,
    ),
  );

const amountAt = (steps: readonly Step[], at: number) =>
  steps.find(({ from, to }) => from <= at && at < to)?.amount ?? 0n;

describe("levels of use", () => {
  test("are in each second the sum of the spans that hold in it", () => {
    fc.assert(
      fc.property(SPANS, (spans) => {
        const steps = levels(spans, 0, LENGTH);
        assert.deepEqual(
          SECONDS.map((at) => amountAt(steps, at)),
          seconds(spans).map(BigInt),
        );
      }),
    );
  });

  test("are steps in order, of more than nothing, that do not meet where they are the same", () => {
    fc.assert(
      fc.property(SPANS, (spans) => {
        const steps = levels(spans, 0, LENGTH);
        for (const [index, step] of steps.entries()) {
          const before = steps[index - 1];
          assert.ok(step.from < step.to && step.amount > 0n && step.from >= 0 && step.to <= LENGTH);
          assert.ok(before === undefined || before.to <= step.from);
          assert.ok(before?.to !== step.from || before.amount !== step.amount);
        }
      }),
    );
  });

  test("of two stretches that meet are together that of both: a second at an edge counts once", () => {
    const total = (steps: readonly Step[]) =>
      steps.reduce((sum, { from, to, amount }) => sum + amount * BigInt(to - from), 0n);
    fc.assert(
      fc.property(SPANS, fc.integer({ min: 0, max: LENGTH }), (spans, edge) => {
        const parts = total(levels(spans, 0, edge)) + total(levels(spans, edge, LENGTH));
        assert.equal(parts, total(levels(spans, 0, LENGTH)));
      }),
    );
  });

  test("are exact where numbers are not", () => {
    const amount = Number.MAX_SAFE_INTEGER;
    const spans = [amount, amount, 1].map((amount) => ({ amount, begins: 0, ends: null }));
    const [step] = levels(spans, 0, 3600);
    assert.equal(excess([step as Step], []).used, (2n * BigInt(amount) + 1n) * 3600n);
  });
});

describe("what goes beyond what is covered", () => {
  test("is judged in each second by itself", () => {
    fc.assert(
      fc.property(SPANS, SPANS, (used, covered) => {
        const [use, cover] = [seconds(used), seconds(covered)];
        const sum = (of: (at: number) => number) => BigInt(SECONDS.reduce((all, at) => all + of(at), 0));
        const least = (at: number) => Math.min(use[at] ?? 0, cover[at] ?? 0);
        assert.deepEqual(excess(levels(used, 0, LENGTH), levels(covered, 0, LENGTH)), {
          used: sum((at) => use[at] ?? 0),
          covered: sum(least),
          excess: sum((at) => (use[at] ?? 0) - least(at)),
        });
      }),
    );
  });
});
