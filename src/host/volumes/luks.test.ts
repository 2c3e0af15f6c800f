import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { statSync, watch } from "node:fs";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { LUKS_HEADER_BYTES, makeLuksHeader } from "./luks.ts";

async function newScratch(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "lodge-luks-"));
  t.after(() => rm(dir, { recursive: true }));
  return dir;
}

const newSecret = () => randomBytes(32).toString("hex");

test("a header is made in a file that nobody else may read, and that is gone then", async (t) => {
  const dir = await newScratch(t);
  const [uuid, modes] = [randomUUID(), new Set<number | undefined>()];
  const scratch = join(dir, `${uuid}.luks`);
  const watcher = watch(dir, () => {
    modes.add(statSync(scratch, { throwIfNoEntry: false })?.mode);
  });
  t.after(() => watcher.close());
  const header = await makeLuksHeader(uuid, newSecret(), dir);
  assert.equal(header.length, LUKS_HEADER_BYTES);
  assert.equal(header.toString("latin1", 0, 4), "LUKS");
  modes.delete(undefined);
  assert.deepEqual([...modes], [0o100600]);
  assert.deepEqual(await readdir(dir), []);
});

test("nothing is left of a header that could not be made", async (t) => {
  const dir = await newScratch(t);
  const { PATH } = process.env;
  const programs = await newScratch(t);
  await writeFile(join(programs, "cryptsetup"), "#!/bin/sh\nexit 3\n", { mode: 0o755 });
  process.env.PATH = `${programs}:${PATH}`;
  t.after(() => {
    process.env.PATH = PATH;
  });
  await assert.rejects(makeLuksHeader(randomUUID(), newSecret(), dir), /ended with 3/);
  assert.deepEqual(await readdir(dir), []);
});
