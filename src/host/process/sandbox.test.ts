import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { programPath } from "./programs.ts";
import { findSandboxer, spawnSandboxed } from "./sandbox.ts";

test("a sandboxer that does not work is none, and why is known in its own words, in one line", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "lodge-sandboxer-"));
  const path = process.env.PATH;
  t.after(async () => {
    process.env.PATH = path;
    await rm(folder, { recursive: true });
  });
  assert.equal((await findSandboxer()).obstacle, null);
  for (const [words, reason] of [
    ['printf "bwrap: no\\nnamespaces\\a" >&2', "no namespaces\\u0007"],
    ["true", "it ends without a word"],
  ]) {
    await writeFile(join(folder, "bwrap"), `#!/bin/sh\n${words}\nexit 1\n`, { mode: 0o755 });
    process.env.PATH = `${folder}:${path}`;
    const { bwrap, obstacle } = await findSandboxer();
    assert.deepEqual([bwrap, obstacle], [null, `bwrap does not work here: ${reason}`]);
  }
});

test("what runs where no views are to be had can gain no privileges, and has none", {
  skip: process.getuid?.() === 0 ? false : "needs root",
}, async () => {
  const child = spawnSandboxed(
    { bwrap: null, setpriv: programPath("setpriv") },
    { uid: 65_534, network: null, view: {}, tied: true },
    [programPath("cat"), "/proc/self/status"],
    {},
    ["ignore", "pipe", "inherit"],
  );
  const status = await text(child.stdout ?? assert.fail());
  assert.match(status, /^NoNewPrivs:\t1$/m);
  assert.match(status, /^CapBnd:\t0+$/m);
  assert.match(status, /^Uid:(\t65534){4}$/m);
  assert.match(status, /^Gid:(\t65534){4}$/m);
});
