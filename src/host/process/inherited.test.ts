import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { run } from "./process.ts";

/** Node itself keeps the first few for itself. */
const DESCRIPTOR = 200;
const FILE = "/etc/passwd";
/** Starts a program with a file open at that descriptor. */
const OPENER = `
import os, sys
os.dup2(os.open("${FILE}", os.O_RDONLY), ${DESCRIPTOR})
os.execv(sys.argv[1], sys.argv[1:])`;

/** What a process has open that Node starts after `before`, where Node was started with that file open. */
function openBelow(before: string): Promise<string> {
  const program = `
import { spawnSync } from "node:child_process";
import { closeInherited } from "${join(import.meta.dirname, "inherited.ts")}";
${before}
console.log(spawnSync("ls", ["-l", "/proc/self/fd"], { encoding: "utf8" }).stdout);`;
  const node = [process.execPath, "--input-type=module", "-e", program];
  return run(["/usr/bin/python3", "-c", OPENER, ...node]);
}

test("what this process was started with open, no process of its own has", async () => {
  assert.match(await openBelow("void closeInherited;"), new RegExp(`${DESCRIPTOR} -> /etc/passwd`));
  assert.doesNotMatch(await openBelow("closeInherited();"), /passwd/);
});

test("what Node itself reads in a thread of its own meanwhile is left to it", async () => {
  // Which file that is, is asked for here alone: Node has read its own by then.
  const named = `process.env.NODE_EXTRA_CA_CERTS = "${FILE}";\ncloseInherited();`;
  assert.match(await openBelow(named), new RegExp(`${DESCRIPTOR} -> ${FILE}`));
});
