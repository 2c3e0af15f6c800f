import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { endMarked, leftovers } from "./leftovers.ts";

test("a process with the mark and a file are found, and the process can be ended by its mark", async (t) => {
  const temporary = await mkdtemp(join(tmpdir(), "lodge-test-"));
  t.after(() => rm(temporary, { recursive: true }));
  await writeFile(join(temporary, "forgotten"), "");
  const marker = `LODGE_TEST_LEFT=${temporary}`;
  const child = spawn("sleep", ["1000"], {
    stdio: "ignore",
    env: { ...process.env, LODGE_TEST_LEFT: temporary },
  });
  const exit = once(child, "exit");
  await once(child, "spawn");

  const seen = { secluded: false, marker, temporary };
  assert.deepEqual(await leftovers(seen, 0), [
    `process ${child.pid}: sleep 1000`,
    join(temporary, "forgotten"),
  ]);
  await endMarked(marker);
  assert.deepEqual(await exit, [null, "SIGKILL"]);
  assert.deepEqual(await leftovers(seen, 0), [join(temporary, "forgotten")]);
});
