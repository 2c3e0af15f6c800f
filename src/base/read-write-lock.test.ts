import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { ReadWriteLock } from "./read-write-lock.ts";

/** Work that begins when its turn has come and ends when it is told to. */
function work(name: string, seen: string[]) {
  const end = Promise.withResolvers<void>();
  const run = async () => {
    seen.push(`${name} begins`);
    await end.promise;
    seen.push(`${name} ends`);
  };
  return { run, end: end.resolve };
}

test("those who share go together; whoever is alone waits for them, and later ones wait for it", async () => {
  const lock = new ReadWriteLock();
  const seen: string[] = [];
  const [one, two, alone, late] = ["one", "two", "alone", "late"].map((name) => work(name, seen));
  assert(one && two && alone && late);
  const all = [lock.share(one.run), lock.share(two.run), lock.alone(alone.run), lock.share(late.run)];
  await turn();
  assert.deepEqual(seen.splice(0), ["one begins", "two begins"]);
  one.end();
  await turn();
  assert.deepEqual(seen.splice(0), ["one ends"]);
  two.end();
  await turn();
  assert.deepEqual(seen.splice(0), ["two ends", "alone begins"]);
  alone.end();
  await turn();
  assert.deepEqual(seen.splice(0), ["alone ends", "late begins"]);
  late.end();
  await Promise.all(all);
});

test("a lock is used for as long as somebody works or waits, though the work fails", async () => {
  const lock = new ReadWriteLock();
  assert(!lock.isUsed);
  const failing = lock.share(() => Promise.reject(new Error("on purpose")));
  const waiting = lock.alone(async () => "done");
  assert(lock.isUsed);
  await assert.rejects(failing, /on purpose/);
  assert(lock.isUsed);
  assert.equal(await waiting, "done");
  assert(!lock.isUsed);
});
