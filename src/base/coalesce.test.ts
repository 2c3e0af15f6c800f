import assert from "node:assert/strict";
import { test } from "node:test";
import { coalesce } from "./coalesce.ts";

test("all who ask while work runs share one run that begins afterwards", async () => {
  const runs: PromiseWithResolvers<void>[] = [];
  const ask = coalesce(() => {
    const run = Promise.withResolvers<void>();
    runs.push(run);
    return run.promise;
  });
  const first = ask();
  await new Promise(setImmediate);
  const [second, third] = [ask(), ask()];
  await new Promise(setImmediate);
  assert.equal(runs.length, 1);
  runs[0]?.resolve();
  await first;
  await new Promise(setImmediate);
  assert.equal(runs.length, 2);
  runs[1]?.resolve();
  await Promise.all([second, third]);
  assert.equal(runs.length, 2);
});

test("a run that fails is told to those who asked for it, and the next one takes place", async () => {
  let fail = true;
  const ask = coalesce(async () => {
    if (fail) throw new Error("not now");
  });
  await assert.rejects(ask(), /not now/);
  fail = false;
  await ask();
});
