import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { runToEnd } from "../testing/run.ts";

/** A checkout whose Node says where it is to keep what it compiles; its words are run by a shell in its folder. */
function openCheckout(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), "lodge-node-"));
  t.after(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, ".runtime/compiled"), { recursive: true });
  writeFileSync(join(root, ".runtime/node"), `#!/bin/sh\necho "\${NODE_COMPILE_CACHE-none}"\n`, {
    mode: 0o755,
  });
  cpSync(join(import.meta.dirname, "node"), join(root, "scripts/node"));
  const says = async (words: string) => {
    const shell = ["env", "--unset=NODE_COMPILE_CACHE", "sh", "-c", `cd '${root}'; ${words}`];
    const { code, stdout, stderr } = await runToEnd(shell);
    assert.deepEqual([code, stderr], [0, ""]);
    return stdout.trim();
  };
  return { root, says };
}

test("what Node compiles is kept in the checkout, wherever Node is started from", async (t) => {
  const { root, says } = openCheckout(t);
  const kept = join(root, ".runtime/compiled");
  assert.equal(await says("umask 022; scripts/node"), kept);
  assert.equal(await says("umask 077; CDPATH=/ scripts/node"), kept);
  assert.equal(await says(`umask 027; cd /; '${root}/scripts/node'`), kept);
});

test("it is kept nowhere where others could write to it", async (t) => {
  const { says } = openCheckout(t);
  for (const umask of ["000", "002", "020", "005", "055"]) {
    assert.equal(await says(`umask ${umask}; scripts/node`), "none", umask);
  }
});

test("modules are loaded from a checkout of any name, and one that is missing is told by its name", async (t) => {
  const root = join(openCheckout(t).root, "a b#%41?");
  mkdirSync(join(root, "scripts"), { recursive: true });
  mkdirSync(join(root, ".runtime"));
  symlinkSync(process.execPath, join(root, ".runtime/node"));
  for (const name of ["node", "relative-imports.cjs"])
    cpSync(join(import.meta.dirname, name), join(root, "scripts", name));
  writeFileSync(join(root, "whole.ts"), 'import { said } from "./scripts/said.ts";\nconsole.log(said);\n');
  writeFileSync(join(root, "scripts/said.ts"), 'export const said: string = "here";\n');
  writeFileSync(join(root, "broken.ts"), 'import "./scripts/absent.ts";\n');
  const whole = await runToEnd([join(root, "scripts/node"), join(root, "whole.ts")]);
  assert.deepEqual([whole.code, whole.stdout, whole.stderr], [0, "here\n", ""]);
  const broken = await runToEnd([join(root, "scripts/node"), join(root, "broken.ts")]);
  assert.equal(broken.code, 1);
  assert.match(broken.stderr, /absent\.ts/);
});

test("it is kept nowhere where there is no place for it, and where it is said in the place that is said", async (t) => {
  const { root, says } = openCheckout(t);
  assert.equal(await says("umask 022; NODE_COMPILE_CACHE=/elsewhere scripts/node"), "/elsewhere");
  assert.equal(await says("umask 022; NODE_COMPILE_CACHE= scripts/node"), "");
  rmSync(join(root, ".runtime/compiled"), { recursive: true });
  assert.equal(await says("umask 022; scripts/node"), "none");
});
