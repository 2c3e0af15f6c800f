import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { runToEnd } from "./run.ts";

/** What a run takes, by a process of it. */
async function taken(env: NodeJS.ProcessEnv): Promise<unknown> {
  const source = `const { long, longAnd, shareOf, manyOf } = await import(${JSON.stringify(join(import.meta.dirname, "share.ts"))});
    console.log(JSON.stringify([long.skip ?? false, longAnd({ skip: "needs root" }).skip, shareOf([1, 2, 3, 4], 3), manyOf(9, 2)]));`;
  const { stdout, stderr } = await runToEnd([process.execPath, "--input-type=module", "-e", source], "", env);
  assert.notEqual(stdout, "", stderr);
  return JSON.parse(stdout);
}

test("a run of the share leaves out what takes long, and says how that is run", async () => {
  const skipped = "it takes long: npm run test:all";
  assert.deepEqual(await taken({ LODGE_TEST_SHARE: "1" }), [skipped, skipped, [1, 4], 2]);
});

test("any other run takes all that can be run", async () => {
  assert.deepEqual(await taken({ LODGE_TEST_SHARE: "" }), [false, "needs root", [1, 2, 3, 4], 9]);
});
