/** A cloud without a price list answers byte for byte what it did before there were prices (`unpriced-answers.json`). */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { type Answers, answersOf } from "../../testing/answers.ts";

const BEFORE: Readonly<Record<string, Answers>> = JSON.parse(
  readFileSync(new URL("unpriced-answers.json", import.meta.url), "utf8"),
);

for (const type of ["text/plain", "application/json"] as const) {
  test(`a cloud without prices answers what it did before there were any, in ${type}`, async (t) => {
    const answers = await answersOf(t, type);
    const before = BEFORE[type] ?? [];
    for (const [at, { asked, answer }] of answers.entries())
      assert.deepEqual({ asked, answer }, before[at], `request ${at}`);
    assert.equal(answers.length, before.length);
  });
}
