import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { UserId } from "../../base/ids.ts";
import { BytesInFlight } from "./bytes-in-flight.ts";
import { type KeptBody, keepBody } from "./kept-body.ts";
import { Scratch } from "./scratch.ts";

const MIB = 2 ** 20;
const ONE = { user: "5d8a0c1e-2f34-4b6a-9d1c-7e5b3f8a9c20" as UserId };
const OTHER = { user: "6d8a0c1e-2f34-4b6a-9d1c-7e5b3f8a9c20" as UserId };

/** Places for bodies in 72 MiB of memory and `scratchBytes` of a folder that is not there yet. */
async function openPlaces(t: TestContext, scratchBytes = 64 * MIB) {
  const home = await mkdtemp(join(tmpdir(), "lodge-kept-"));
  t.after(() => rm(home, { recursive: true }));
  const dir = join(home, "scratch");
  const inFlight = new BytesInFlight({ memoryBytes: 72 * MIB, shareWaitMs: 20 });
  return { dir, inFlight, scratch: new Scratch(dir, scratchBytes) };
}

async function heldBy(body: KeptBody): Promise<string> {
  for (const text of ["one ", "two ", "three"]) await body.add(Buffer.from(text));
  const chunks: Uint8Array[] = [];
  for await (const chunk of body.read()) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

test("a body is in memory while its caller has a share to spare, and else in a file; another's is not touched by that", async (t) => {
  const places = await openPlaces(t);
  const kept = [];
  while (kept.at(-1)?.inMemory !== false) kept.push(await keepBody(places, ONE, 5 * MIB));
  assert.equal(kept.length, 4);
  const others = await keepBody(places, OTHER, 5 * MIB);
  assert.ok(others.inMemory);
  for (const body of [...kept, others]) await body.release();
  assert.equal(places.inFlight.bytes, 0);
});

test("a body of more than 5 MiB is in a file, which has all that was added", async (t) => {
  const places = await openPlaces(t);
  for (const [length, inMemory] of [
    [5 * MIB, true],
    [5 * MIB + 1, false],
  ] as const) {
    const body = await keepBody(places, ONE, length);
    assert.equal(body.inMemory, inMemory);
    assert.equal(await heldBy(body), "one two three");
    await body.release();
  }
  assert.equal(places.inFlight.bytes, 0);
});

test("the file of a body is in the home and has no name, also where the machine has no temporary folder", async (t) => {
  const places = await openPlaces(t);
  const { TMPDIR } = process.env;
  process.env.TMPDIR = "/missing";
  t.after(() => {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
  });
  const body = await keepBody(places, ONE, 6 * MIB);
  assert.equal(await heldBy(body), "one two three");
  assert.deepEqual(await readdir(places.dir), []);
  await body.release();
});

test("files have a bound over all that no caller takes whole, and one that is closed makes room", async (t) => {
  const places = await openPlaces(t);
  const keep = (caller: typeof ONE) => keepBody(places, caller, 30 * MIB);
  const first = await keep(ONE);
  await assert.rejects(keep(ONE), { type: "full", code: "no_scratch_room" });
  const held = places.inFlight.bytes;
  await first.release();
  assert.ok(places.inFlight.bytes < held);
  await (await keep(OTHER)).release();
  assert.equal(places.inFlight.bytes, 0);
});

test("a file for more than a half of what is free on the disk is refused before it is made", async (t) => {
  const places = await openPlaces(t, Number.MAX_SAFE_INTEGER);
  await assert.rejects(keepBody(places, ONE, 2 ** 50), { type: "full", code: "no_scratch_room" });
});

test("what a daemon left that was killed is cleared, also where there is nothing", async (t) => {
  const { dir, scratch } = await openPlaces(t);
  await scratch.clear();
  await mkdir(dir);
  await writeFile(join(dir, "left"), "over");
  await scratch.clear();
  assert.deepEqual(await readdir(dir), []);
});
