import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { type TestContext, test } from "node:test";
import type { TestEvent } from "node:test/reporters";
import type { Outcome } from "./outcome.ts";
import { SUITES } from "./suites.ts";
import { Tally } from "./tally.ts";

const ROOT = resolve(import.meta.dirname, "../..");

/** A folder for a test's files, with `tmp` in it for what these make. */
async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "lodge-test-"));
  t.after(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, "tmp"));
  return folder;
}

const FOREVER = "setInterval(() => {}, 1000);";

/** Runs the files as `npm test` does, and answers what it is told. */
async function run(
  files: readonly string[],
  minutes: number,
  temporary: string,
  { fileMinutes = minutes, whole = false } = {},
): Promise<{ outcome: Outcome; shown: string }> {
  // Node takes a run within a test for one that would run itself.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const inside = join(import.meta.dirname, "inside.ts");
  const child = spawn(
    process.execPath,
    [
      ...[inside, `--minutes=${minutes}`, `--file-minutes=${fileMinutes}`, ...(whole ? ["--whole"] : [])],
      ...["everyday", ...files],
    ],
    {
      cwd: ROOT,
      env: { ...env, LODGE_TEST_SECLUDED: "0", LODGE_TEST_RUN: temporary, TMPDIR: temporary },
      stdio: ["ignore", "pipe", "inherit", "ipc"],
    },
  );
  let outcome: Outcome | undefined;
  child.on("message", (message) => {
    outcome = message as Outcome;
  });
  let shown = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    shown += text;
  });
  await once(child, "close");
  assert.ok(outcome);
  return { outcome, shown };
}

test("what the run's limit ended or kept from being begun is not run, and neither passed nor failed", async (t) => {
  const folder = await folderOf(t);
  const file = async (name: string, after: string) => {
    const path = join(folder, `${name}.test.mjs`);
    await writeFile(path, `import { test } from "node:test";\ntest("${name}", () => {});\n${after}\n`);
    return path;
  };
  const short = await file("short", "");
  const endless: string[] = [];
  for (let n = 0; n < SUITES.everyday.concurrency(availableParallelism()) + 2; n++) {
    endless.push(await file(`endless-${n}`, `test("waits", () => new Promise(() => {}));\n${FOREVER}`));
  }
  const { outcome, shown } = await run([short, ...endless], 0.05, join(folder, "tmp"));
  const name = (path: string) => relative(ROOT, path);
  assert.deepEqual(
    outcome.notRun.filter((path) => path !== name(short)),
    endless.map(name),
  );
  assert.equal(outcome.failed, 0);
  assert.doesNotMatch(shown, /✖/);
});

test("a file that does not end once its tests have ended is ended, and has failed, and the others are run", async (t) => {
  const folder = await folderOf(t);
  const files = ["endless", "short"].map((name) => join(folder, `${name}.test.mjs`));
  for (const file of files) {
    const rest = file.includes("endless") ? FOREVER : "";
    await writeFile(file, `import { test } from "node:test";\ntest("good", () => {});\n${rest}\n`);
  }
  const { outcome, shown } = await run(files, 5, join(folder, "tmp"), { fileMinutes: 0.08 });
  assert.deepEqual(outcome, { passed: 2, failed: 1, notRun: [] });
  assert.match(shown, /did not end within 4\.8 s/);
});

test("a test that fails, and a file that cannot be loaded, are failed", async (t) => {
  const folder = await folderOf(t);
  const files = {
    "fails.test.mjs": `import { test } from "node:test";\ntest("good", () => {});\ntest("bad", () => { throw new Error("x"); });\n`,
    "broken.test.mjs": "throw new Error('broken');\n",
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const paths = Object.keys(files).map((name) => join(folder, name));
  const { outcome } = await run(paths, 5, join(folder, "tmp"));
  assert.deepEqual(outcome, { passed: 1, failed: 2, notRun: [] });
});

test("of a whole run a file that failed is run again by itself, and counts as it ends then", async (t) => {
  const folder = await folderOf(t);
  const once = join(folder, "once");
  const files = {
    "chance.test.mjs": `import { existsSync, writeFileSync } from "node:fs";
import { describe, it, test } from "node:test";
test("good", () => {});
describe("a suite", () => { it("good too", () => {}); });
test("fails once", () => {
  if (existsSync(${JSON.stringify(once)})) return;
  writeFileSync(${JSON.stringify(once)}, "");
  throw new Error("no time");
});
`,
    "other.test.mjs": `import { test } from "node:test";\ntest("good", () => {});\n`,
    "bad.test.mjs": `import { test } from "node:test";\ntest("bad", () => { throw new Error("x"); });\n`,
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const path = (name: string) => join(folder, name);
  const [chance, other, bad] = [path("chance.test.mjs"), path("other.test.mjs"), path("bad.test.mjs")];
  const mended = await run([chance, other], 5, join(folder, "tmp"), { whole: true });
  assert.deepEqual(mended.outcome, { passed: 4, failed: 0, notRun: [], alone: [relative(ROOT, chance)] });
  await rm(once);
  const one = await run([chance, other, bad], 5, join(folder, "tmp"), { whole: true });
  assert.deepEqual([one.outcome.passed, one.outcome.failed], [4, 1]);
  await rm(once);
  const part = await run([chance, other], 5, join(folder, "tmp"));
  assert.deepEqual([part.outcome.passed, part.outcome.failed], [3, 1]);
});

test("of a group that is cut off or that fails as a whole, its files are told", async () => {
  const tally = new Tally("/root", (file) => (file === "pure-1.mjs" ? ["a.test.ts", "b.test.ts"] : [file]));
  const failure = (file: string, failureType: string) => ({
    type: "test:fail",
    data: { name: `/root/${file}`, file: `/root/${file}`, details: { error: { failureType } } },
  });
  const counts = { tests: 3, passed: 1, skipped: 0, todo: 0 };
  const events = [
    failure("pure-1.mjs", "testAborted"),
    failure("pure-1.mjs", "testCodeFailure"),
    { type: "test:summary", data: { counts, success: false } },
  ] as unknown as TestEvent[];
  const shown: TestEvent[] = [];
  for await (const event of tally.pass(ReadableStream.from(events))) shown.push(event);
  assert.deepEqual(shown, events.slice(1));
  assert.deepEqual(tally.outcome(), { passed: 1, failed: 1, notRun: ["a.test.ts", "b.test.ts"] });
  assert.deepEqual([...tally.failedFiles().keys()], ["a.test.ts", "b.test.ts"]);
});
