import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { keepBody } from "./kept-body.ts";

const MIB = 2 ** 20;

test("sixteen bodies are in memory at once, the next is in a file, and one that is released makes way", async () => {
  const kept = await Promise.all(Array.from({ length: 17 }, () => keepBody(1000)));
  assert.equal(kept.filter(({ inMemory }) => inMemory).length, 16);
  const inMemory = kept.find((body) => body.inMemory);
  await inMemory?.release();
  await inMemory?.release();
  const more = [await keepBody(1000), await keepBody(1000)];
  assert.deepEqual(
    more.map((body) => body.inMemory),
    [true, false],
  );
  await Promise.all([...kept, ...more].map((body) => body !== inMemory && body.release()));
});

test("a body of more than 5 MiB is in a file, which has all that was added", async () => {
  const [little, much] = [await keepBody(5 * MIB), await keepBody(5 * MIB + 1)];
  assert.deepEqual([little.inMemory, much.inMemory], [true, false]);
  for (const body of [little, much]) {
    for (const text of ["one ", "two ", "three"]) await body.add(Buffer.from(text));
    const chunks: Uint8Array[] = [];
    for await (const chunk of body.read()) chunks.push(chunk);
    assert.equal(Buffer.concat(chunks).toString(), "one two three");
    await body.release();
  }
});

test("the file of a body has no name, so that nothing is left of it however its daemon ends", async (t) => {
  const { TMPDIR } = process.env;
  const dir = await mkdtemp(join(tmpdir(), "lodge-kept-"));
  process.env.TMPDIR = dir;
  t.after(async () => {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
    await rm(dir, { recursive: true });
  });
  const body = await keepBody(5 * MIB + 1);
  await body.add(Buffer.from("kept"));
  assert.deepEqual([body.inMemory, await readdir(dir)], [false, []]);
  await body.release();
});
