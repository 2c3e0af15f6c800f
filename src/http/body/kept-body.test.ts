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
  return { dir, inFlight, scratch: new Scratch(dir, { mostBytes: scratchBytes, waitMs: 20 }) };
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

const CHUNK = Buffer.alloc(2 ** 18);

/** Adds so many bytes, in chunks. */
async function fill(body: KeptBody, bytes: number): Promise<void> {
  for (let added = 0; added < bytes; added += CHUNK.length) await body.add(CHUNK);
}

const NO_ROOM = { type: "full", code: "no_scratch_room" };

test("files have a bound over all that no caller takes whole, and one that is closed makes room", async (t) => {
  const places = await openPlaces(t);
  const keep = (caller: typeof ONE) => keepBody(places, caller, 30 * MIB);
  const first = await keep(ONE);
  await fill(first, 30 * MIB);
  await assert.rejects(keep(ONE), NO_ROOM);
  const others = await keepBody(places, OTHER, 16 * MIB);
  await fill(others, 16 * MIB);
  const held = places.inFlight.bytes;
  await first.release();
  assert.ok(places.inFlight.bytes < held);
  const next = await keep(ONE);
  await fill(next, 16 * MIB);
  for (const body of [next, others]) await body.release();
  assert.equal(places.inFlight.bytes, 0);
});

test("two files of one caller that grow beyond their share are refused at once, whatever each announced", async (t) => {
  const places = await openPlaces(t);
  const files = [await keepBody(places, ONE, 30 * MIB), await keepBody(places, ONE, 30 * MIB)];
  await fill(files[0] ?? assert.fail(), 30 * MIB);
  await assert.rejects(fill(files[1] ?? assert.fail(), 30 * MIB), NO_ROOM);
  for (const body of files) await body.release();
});

test("what somebody only announces, and however often they do, leaves the room to others", async (t) => {
  const places = await openPlaces(t);
  const dripping = [];
  for (let count = 0; count < 16; count++) dripping.push(await places.scratch.open(ONE, 31 * MIB));
  for (const file of dripping) await file.write(CHUNK);
  const others = await keepBody(places, OTHER, 20 * MIB);
  await fill(others, 20 * MIB);
  for (const file of dripping) await file.close();
  await others.release();
});

test("what others hold is waited for, and refused as busy when that takes too long", async (t) => {
  const { scratch } = await openPlaces(t);
  const [one, other] = [await scratch.open(ONE, 32 * MIB), await scratch.open(OTHER, 32 * MIB)];
  const fillFile = async (file: typeof one, bytes: number) => {
    for (let added = 0; added < bytes; added += CHUNK.length) await file.write(CHUNK);
  };
  await fillFile(one, 32 * MIB);
  await fillFile(other, 16 * MIB);
  await assert.rejects(other.write(CHUNK), { type: "busy", code: "too_much_in_flight" });
  const written = other.write(CHUNK);
  await one.close();
  await written;
  await other.close();
});

test("a caller's bodies that wait for memory leave others theirs", async (t) => {
  const places = await openPlaces(t);
  const kept = [];
  while (kept.at(-1)?.inMemory !== false) kept.push(await keepBody(places, ONE, 5 * MIB));
  const waits = places.inFlight.take(ONE, 36 * MIB);
  const others = await keepBody(places, OTHER, 4 * MIB);
  assert.ok(others.inMemory);
  await assert.rejects(waits, { type: "busy" });
  for (const body of [...kept, others]) await body.release();
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
