import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type Mutant, planted } from "./mutant.ts";
import { MUTANTS } from "./mutants/index.ts";

const ROOT = join(import.meta.dirname, "../..");
const MUTANT: Mutant = { name: "it", file: "f.ts", find: "a === 1", replace: "a === 2", tests: [] };

test("a bug is planted where its text is found once, and nowhere else", () => {
  assert.equal(planted("if (a === 1) b();", MUTANT), "if (a === 2) b();");
  assert.throws(() => planted("if (a === 3) b();", MUTANT), /"it" does not apply: f.ts has its text 0 times/);
  assert.throws(() => planted("a === 1 || a === 1", MUTANT), /2 times/);
  assert.throws(() => planted("if (a === 1) b();", { ...MUTANT, replace: "a === 1" }), /changes nothing/);
  assert.throws(() => planted("if (a === 1) b();", { ...MUTANT, replace: "a ===" }), /makes no code/);
});

test("at least 60 bugs can be planted, each under a name of its own, for tests that there are", () => {
  assert.ok(MUTANTS.length >= 60, `${MUTANTS.length}`);
  assert.equal(new Set(MUTANTS.map(({ name }) => name)).size, MUTANTS.length);
  for (const mutant of MUTANTS) {
    planted(readFileSync(join(ROOT, mutant.file), "utf8"), mutant);
    assert.ok(mutant.tests.length > 0, mutant.name);
    for (const file of mutant.tests) assert.ok(existsSync(join(ROOT, file)), `${mutant.name}: ${file}`);
  }
});
