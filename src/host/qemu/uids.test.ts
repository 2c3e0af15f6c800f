import assert from "node:assert/strict";
import { chown, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { makeRunDirectory, runDirectory, sealSockets } from "./run-directory.ts";
import { keepOut, openUids, Uids } from "./uids.ts";

const [A, B] = ["aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee", "bbbbbbbb-bbbb-4ccc-8ddd-eeeeeeeeeeee"];

test("no range of uids holds one that is another's of the cloud", () => {
  const range = { first: 100, last: 102 };
  keepOut(range, { drives: 99, another: 103, nobody: null });
  for (const uid of [100, 101, 102]) {
    assert.throws(() => keepOut(range, { drives: uid }), {
      type: "usage",
      message: /LODGE_UIDS.*that of drives/,
    });
  }
});

test("each server has a uid that no other has, the same for as long as it keeps it", () => {
  const uids = new Uids({ first: 100, last: 102 });
  const given = ["a", "b", "c"].map((server) => uids.take(server));
  assert.deepEqual(given, [100, 101, 102]);
  assert.equal(uids.take("b"), 101);
  assert.throws(() => uids.take("d"), { code: "no_uid_left" });
  uids.giveBack("a");
  uids.giveBack("a");
  assert.equal(uids.take("d"), 100);
});

test("one that was given back is not given out again before the others, and those that come next are told", () => {
  const uids = new Uids({ first: 100, last: 103 });
  uids.take("a");
  uids.giveBack("a");
  assert.deepEqual(uids.upcoming(2), [101, 102]);
  assert.deepEqual(uids.upcoming(9), [101, 102, 103, 100]);
  assert.equal(uids.take("b"), 101);
});

const root = { skip: process.getuid?.() === 0 ? false : "only root gives each server a uid" };
test("whose each is, is read off what an earlier daemon left, sealed or not", root, async () => {
  const servers = await mkdtemp(join(tmpdir(), "lodge-uids-"));
  const range = { first: 3_000_000, last: 3_000_003 };
  assert.deepEqual((await openUids(join(servers, "nowhere"), range)).upcoming(1), [range.first]);
  await makeRunDirectory(runDirectory(servers, A), range.first);
  await makeRunDirectory(runDirectory(servers, B), range.first + 2);
  // It fails for want of a socket, after the folders were taken back.
  assert.throws(() => sealSockets(runDirectory(servers, B)), { code: "ENOENT" });
  const uids = await openUids(servers, range);
  assert.deepEqual(new Set(uids.upcoming(4)), new Set([range.first + 1, range.last]));
  assert.equal(uids.take(B), range.first + 2);
  // One of an earlier release has the cloud's own.
  await chown(runDirectory(servers, A).socketFolder, 7, 7);
  assert.equal((await openUids(servers, range)).take(A), 7);
  await rm(servers, { recursive: true });
});

test("what is no server is given uids from the end, and changes nothing of those that come next", () => {
  const uids = new Uids({ first: 100, last: 103 });
  const { fromEnd } = uids;
  assert.deepEqual([fromEnd.take("drive"), fromEnd.take("worker"), fromEnd.take("drive")], [103, 102, 103]);
  assert.deepEqual(uids.upcoming(9), [100, 101]);
  fromEnd.giveBack("worker");
  assert.equal(fromEnd.take("later"), 101, "one that was given back stays unused for as long as it can");
  assert.equal(uids.take("a"), 100);
  assert.deepEqual(uids.upcoming(9), [102]);
  fromEnd.adopt("another", 102);
  assert.throws(() => fromEnd.take("last"), { code: "no_uid_left" });
  assert.throws(() => uids.take("b"), { code: "no_uid_left" });
});
