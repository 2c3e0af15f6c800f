import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { BIN, runToEnd, runTool, runUnread } from "../../../testing/run.ts";

const folder = mkdtempSync(join(tmpdir(), "outputs-"));
after(() => rmSync(folder, { recursive: true }));

test("an account whose key nobody read is made, and the status is 1", async () => {
  const env = { LODGE_HOME: join(folder, "home") };
  const gone = await runUnread("lodge", ["user", "create", "--name", "unheard"], env, "stdout");
  assert.deepEqual([gone.code, gone.stderr], [1, ""]);
  const full = await runToEnd(
    ["sh", "-c", 'exec "$0" user create --name unwritten >/dev/full', join(BIN, "lodge")],
    "",
    env,
  );
  assert.equal(full.code, 1);
  assert.match(full.stderr, /^lodge: standard output cannot be written: ENOSPC[^\n]+\n$/);
  const { stdout } = await runTool("lodge", ["user", "list"], env);
  assert.match(stdout, / unheard$/m);
  assert.match(stdout, / unwritten$/m);
});

test("what is wrong has its status where nobody hears of it", async () => {
  assert.equal((await runUnread("lodge", ["no", "such"], {}, "stderr")).code, 2);
});
