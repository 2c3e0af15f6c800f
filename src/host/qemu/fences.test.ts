import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { Outdated } from "../errors.ts";
import { Fences } from "./fences.ts";

const UUID = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee";
let directory: string;
let damaged: unknown[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "lodge-fences-"));
  damaged = [];
});

afterEach(() => rm(directory, { recursive: true }));

const open = () => Fences.open(directory, (error) => damaged.push(error));
const file = () => join(directory, `${UUID}.json`);

test("a lower generation than one that was seen is outdated, also after a restart", async () => {
  for (const fences of [await open(), await open()]) {
    await fences.raise(UUID, 5);
    fences.check(UUID, 5);
    fences.checkLaunch(UUID, 5);
    assert.throws(() => fences.check(UUID, 4), Outdated);
    assert.throws(() => fences.checkLaunch(UUID, 4), Outdated);
  }
  assert.equal((await open()).seen(UUID), 5);
});

test("a launch is outdated up to the generation of an end, also after a restart", async () => {
  const fences = await open();
  await fences.end(UUID, 5);
  for (const each of [fences, await open()]) {
    each.check(UUID, 5);
    assert.throws(() => each.checkLaunch(UUID, 5), Outdated);
    each.checkLaunch(UUID, 6);
  }
  await fences.raise(UUID, 7);
  assert.throws(() => fences.checkLaunch(UUID, 5), Outdated);
  fences.checkLaunch(UUID, 7);
});

test("a fence holds before it is written", async () => {
  const fences = await open();
  const written = fences.end(UUID, 2);
  assert.throws(() => fences.checkLaunch(UUID, 2), Outdated);
  await written;
});

test("a fence is forgotten an hour after its last change, unless the server has a run", async () => {
  await (await open()).raise(UUID, 5);
  const young = Date.now() / 1000 - 3000;
  await utimes(file(), young, young);
  const early = await open();
  await early.forgetOld(() => false);
  assert.equal(early.seen(UUID), 5);
  const old = Date.now() / 1000 - 3601;
  await utimes(file(), old, old);
  const fences = await open();
  await fences.forgetOld(() => true);
  assert.equal(fences.seen(UUID), 5);
  await fences.raise(UUID, 6);
  await fences.forgetOld(() => false);
  assert.equal(fences.seen(UUID), 6);
  await utimes(file(), old, old);
  const later = await open();
  await later.forgetOld(() => false);
  assert.equal(later.seen(UUID), 0);
  assert.deepEqual(await readdir(directory), []);
});

test("what cannot be read is told, and keeps no other fence from being read", async () => {
  await (await open()).raise(UUID, 5);
  const other = UUID.replace("a", "b");
  await writeFile(join(directory, `${other}.json`), "{");
  await writeFile(join(directory, `${other}.json.new`), "{");
  const fences = await open();
  assert.equal(fences.seen(UUID), 5);
  assert.equal(fences.seen(other), 0);
  assert.match(String(damaged), /is damaged/);
});
