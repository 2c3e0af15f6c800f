import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { keyPrinted, readMasterKey } from "./master-key.ts";

const KEY = "0123456789abcdef".repeat(4);

test("a command gives the master key, and no file of the home does", (t) => {
  const dir = mkdtempSync(join(tmpdir(), "lodge-home-"));
  t.after(() => rmSync(dir, { recursive: true }));
  const key = readMasterKey(dir, { LODGE_MASTER_KEY_COMMAND: `printf '%s\\n' ${KEY}` });
  assert.equal(key.toString("hex"), KEY);
  assert.ok(!existsSync(join(dir, "master.key")));
});

for (const [what, command, message] of [
  ["fails", "echo secret; exit 3", "the command of SETTING ended with 3"],
  ["is killed", "kill -9 $$", "the command of SETTING ended with SIGKILL"],
  ["prints something else", "echo secret", "the command of SETTING does not print 64 hex digits"],
  ["prints nothing", "true", "the command of SETTING does not print 64 hex digits"],
  ["prints two keys", `echo ${KEY}; echo ${KEY}`, "the command of SETTING does not print 64 hex digits"],
  ["prints without end", "exec yes", "the command of SETTING prints more than a key of 64 hex digits"],
  ["hangs", "exec sleep 60", "the command of SETTING took longer than 2000 ms"],
] as const) {
  test(`a command that ${what} is named, and nothing of what it printed is told`, () => {
    assert.throws(() => keyPrinted(command, "SETTING", 2_000), { type: "failed", message });
  });
}
