import assert from "node:assert/strict";
import { appendFile, mkdir, mkdtemp, readFile, rename, rm, rmdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Outdated } from "../errors.ts";
import { Generations } from "./generations.ts";

async function newFile(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "lodge-generations-"));
  t.after(() => rm(dir, { recursive: true }));
  return join(dir, "generations");
}

test("a generation below the highest that was seen of a drive is outdated, and one that is repeated is not", async (t) => {
  const generations = await Generations.open(await newFile(t));
  await generations.take("a", 3);
  await generations.take("a", 3);
  await assert.rejects(generations.take("a", 2), Outdated);
  await generations.take("b", 1);
  await generations.take("a", 7);
  await assert.rejects(generations.take("a", 6), Outdated);
  assert.throws(() => generations.ensureNewest("a", 6), Outdated);
  generations.ensureNewest("a", 7);
  generations.ensureNewest("unknown", 1);
});

test("what was seen is known after a restart, whatever a crash left of the last line", async (t) => {
  const file = await newFile(t);
  const before = await Generations.open(file);
  await Promise.all([before.take("a", 5), before.take("b", 2), before.take("a", 6)]);
  await appendFile(file, "c 4");
  const after = await Generations.open(file);
  await assert.rejects(after.take("a", 5), Outdated);
  await assert.rejects(after.take("b", 1), Outdated);
  await after.take("c", 1);
  await after.take("a", 6);
});

test("of a generation that is closed nothing is taken any more, nor of those before it, also after a restart", async (t) => {
  const file = await newFile(t);
  const before = await Generations.open(file);
  await before.take("a", 3);
  await before.close("a", 3);
  await before.close("a", 3);
  await before.close("a", 1);
  await before.close("b", 7);
  for (const generations of [before, await Generations.open(file)]) {
    await assert.rejects(generations.take("a", 3), Outdated);
    await assert.rejects(generations.take("b", 7), Outdated);
    await generations.take("a", 4);
    await generations.take("b", 8);
  }
});

test("a generation that could not be written down is not taken, however often it is tried", async (t) => {
  const file = await newFile(t);
  const generations = await Generations.open(file);
  await generations.take("a", 3);
  await rename(file, `${file}.away`);
  await mkdir(file);
  for (let tries = 0; tries < 2; tries++) {
    await assert.rejects(generations.take("a", 5), { code: "EISDIR" });
    await assert.rejects(generations.close("a", 5), { code: "EISDIR" });
  }
  await rmdir(file);
  await rename(`${file}.away`, file);
  await generations.take("a", 4);
});

test("a drive that something was done to less than a day ago is known", async (t) => {
  const file = await newFile(t);
  await appendFile(file, `young 9 ${Math.floor(Date.now() / 1000) - 23 * 3600}\n`);
  assert.equal((await Generations.open(file)).highest("young"), 9);
});

test("of the lines of a drive the highest counts, wherever it stands", async (t) => {
  const file = await newFile(t);
  const now = Math.floor(Date.now() / 1000);
  await appendFile(file, `a 6 ${now}\na 5 ${now}\nb 5 ${now}\nb 6 ${now}\n`);
  const generations = await Generations.open(file);
  assert.deepEqual([generations.highest("a"), generations.highest("b")], [6, 6]);
});

test("a drive that nothing was done to for a day is forgotten, and so is what is above the bound", async (t) => {
  const file = await newFile(t);
  const now = Math.floor(Date.now() / 1000);
  const lines = Array.from({ length: 20_100 }, (_, index) => `drive-${index} 9 ${now}\n`);
  await appendFile(file, `old 9 ${now - 2 * 24 * 3600}\n${lines.join("")}`);
  const generations = await Generations.open(file);
  // Exactly as many as are kept are known.
  assert.deepEqual(
    [99, 100, 20_099].map((index) => generations.highest(`drive-${index}`)),
    [0, 9, 9],
  );
  await generations.take("old", 1);
  await generations.take("drive-0", 1);
  await assert.rejects(generations.take("drive-20099", 1), Outdated);
  const kept = (await readFile(file, "utf8")).trimEnd().split("\n").length;
  assert(kept < 20_010, `the file has ${kept} lines`);
});
