import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { SUITES } from "./suites.ts";

test("a test that is asked to run for an hour has an hour more before it has failed", () => {
  const module = join(import.meta.dirname, "suites.ts");
  const source = `const { SUITES } = await import(${JSON.stringify(module)}); console.log(JSON.stringify(SUITES.everyday))`;
  const env = { ...process.env, LODGE_TEST_SECONDS: "3600" };
  const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", source], {
    env,
    encoding: "utf8",
  });
  const { testTimeoutMs, fileTimeoutMs, runTimeoutMs } = JSON.parse(stdout) as typeof SUITES.everyday;
  const { LODGE_TEST_SECONDS: asked = 0 } = process.env;
  const more = (3600 - Number(asked)) * 1000;
  assert.equal(testTimeoutMs - SUITES.everyday.testTimeoutMs, more);
  assert.equal(fileTimeoutMs - SUITES.everyday.fileTimeoutMs, more);
  assert.equal(runTimeoutMs - SUITES.everyday.runTimeoutMs, more);
});
