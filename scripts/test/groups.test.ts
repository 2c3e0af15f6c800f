import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { runToEnd } from "../../testing/run.ts";
import { chosenFiles } from "./files.ts";
import { Groups } from "./groups.ts";

const SMALL = ["src/base/a.test.ts", "src/base/b.test.ts", "src/http/c.test.ts"];
const OTHERS = ["scripts/docs/d.test.ts", "src/store/store.test.ts", "test/start.test.ts"];

/** A folder with such files, whose names are their tests'. */
async function rootOf(t: TestContext): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "lodge-test-"));
  t.after(() => rm(root, { recursive: true }));
  for (const file of SMALL) {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await writeFile(
      join(root, file),
      `import { test } from "node:test";\ntest(${JSON.stringify(file)}, () => {});\n`,
    );
  }
  return root;
}

test("small files of pure rules are put into groups, and all others run by themselves, in their order", async (t) => {
  const root = await rootOf(t);
  const groups = await Groups.write(root, [...SMALL, ...OTHERS], root, 2);
  assert.deepEqual(groups.files, ["pure-1.mjs", "pure-2.mjs", ...OTHERS]);
  assert.deepEqual(groups.membersOf("pure-1.mjs"), [SMALL[0], SMALL[2]]);
  assert.deepEqual(groups.membersOf("pure-2.mjs"), [SMALL[1]]);
  assert.deepEqual(groups.membersOf("test/start.test.ts"), ["test/start.test.ts"]);
});

test("a group's process runs the tests of each of its files", async (t) => {
  const root = await rootOf(t);
  const groups = await Groups.write(root, SMALL, root, 1);
  // Node takes a run within a test for one that would run itself.
  const command = [process.execPath, "--test-reporter=tap", join(root, groups.files[0] ?? "")];
  const { code, stdout } = await runToEnd(command, "", { NODE_TEST_CONTEXT: undefined });
  assert.equal(code, 0);
  for (const file of SMALL) assert.match(stdout, new RegExp(`^ok \\d+ - ${file}$`, "m"));
});

test("no file of a run is in no group or in two, and there are no more groups than files", async (t) => {
  const root = await rootOf(t);
  const files = chosenFiles(join(import.meta.dirname, "../.."), []);
  const groups = await Groups.write(root, files, root, 8);
  const of = groups.files.flatMap((file) => groups.membersOf(file));
  assert.deepEqual(of.toSorted(), files.toSorted());
  assert.equal((await Groups.write(root, SMALL, root, 8)).files.length, SMALL.length);
});
