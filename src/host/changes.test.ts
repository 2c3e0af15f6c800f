import assert from "node:assert/strict";
import { test } from "node:test";
import { ChangeLog } from "./changes.ts";

const never = new AbortController().signal;

test("whoever asks for the first time is told to look at everything", async () => {
  const log = new ChangeLog();
  log.note("a");
  assert.equal((await log.since(null, never)).objects, null);
});

test("what changed since a cursor is told once for each object, and nothing of before it", async () => {
  const log = new ChangeLog();
  log.note("a");
  const { cursor } = await log.since(null, never);
  for (const object of ["b", "c", "b"]) log.note(object);
  const changes = await log.since(cursor, never);
  assert.deepEqual(changes.objects, ["b", "c"]);
});

test("whoever asks before there is a change is answered when it comes", async () => {
  const log = new ChangeLog();
  const { cursor } = await log.since(null, never);
  const asked = [log.since(cursor, never), log.since(cursor, never)];
  log.note("a");
  assert.deepEqual(
    (await Promise.all(asked)).map(({ objects }) => objects),
    [["a"], ["a"]],
  );
});

test("a cursor of another log, or one that is too old, is answered with everything", async () => {
  const [log, other] = [new ChangeLog(), new ChangeLog()];
  const { cursor } = await log.since(null, never);
  assert.equal((await other.since(cursor, never)).objects, null);
  for (let change = 0; change < 10_001; change++) log.note("a");
  assert.equal((await log.since(cursor, never)).objects, null);
});

test("waiting ends with the signal", async () => {
  const log = new ChangeLog();
  const { cursor } = await log.since(null, never);
  const end = new AbortController();
  const waiting = log.since(cursor, end.signal);
  end.abort();
  await assert.rejects(waiting, { name: "AbortError" });
  await assert.rejects(log.since(cursor, end.signal), { name: "AbortError" });
});
