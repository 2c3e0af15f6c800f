/** One process at a time works on an image: who may take over from whom, and when. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { openStore } from "../store/open.ts";
import type { Store } from "../store/store.ts";
import { type Here, here, isHeld, LEASE_MS, newLease, whileRenewing } from "./lease.ts";
import { ImageRecords } from "./records.ts";
import { columnOf } from "./row.ts";

const image = { uuid: randomUUID(), name: "CD", media: "cdrom", format: null } as const;
const CONTENT = { sha256: "0".repeat(64), rawSizeBytes: 1 };
const LOST = { type: "busy", message: `another process took image ${image.uuid} over` };

/** Processes as they may be found: which machine they are on, whether they run, and what their clock says. */
function processes() {
  const clock = { nowMs: 1_000_000 };
  const running = new Set<number>();
  const start = (machine: string, pid: number): Here => {
    running.add(pid);
    const isRunning = async (other: { pid: number }) => running.has(other.pid);
    return { machine, pid, startTicks: pid, isRunning, nowMs: () => clock.nowMs };
  };
  return { clock, start, end: ({ pid }: Here) => running.delete(pid) };
}

async function storeOf(context: TestContext): Promise<Store> {
  const home = mkdtempSync(join(tmpdir(), "lodge-lease-"));
  const store = await openStore({ file: (name) => join(home, name) });
  context.after(async () => {
    await store.close();
    rmSync(home, { recursive: true });
  });
  return store;
}

const ownerIn = (store: Store) =>
  store.transaction(async (tx) => {
    const row = await tx.selectFrom("drives").selectAll().executeTakeFirstOrThrow();
    return columnOf(row).work?.owner;
  });

test("this process is found as it is: on this machine, running, and taken to be at work", async () => {
  const self = await here();
  assert.equal(self.pid, process.pid);
  assert.equal(self.machine, (await here()).machine);
  assert.equal(await isHeld(newLease(self), self), true);
  assert.equal(await isHeld({ ...newLease(self), startTicks: self.startTicks - 1 }, self), false);
});

test("a process of another machine holds an image until its lease ends, and is taken over then", async (t) => {
  const store = await storeOf(t);
  const { clock, start } = processes();
  const one = new ImageRecords(store, start("one", 1));
  const other = new ImageRecords(store, start("other", 2));
  const { leased } = await one.take(image);
  clock.nowMs += LEASE_MS - 1;
  const busy = { type: "busy", message: /^process 1 of another machine is at work on image/ };
  await assert.rejects(other.take(image), busy);
  await assert.rejects(other.beginRemoval(image.uuid), busy);
  assert.deepEqual(
    (await other.list()).map(({ state }) => state),
    ["being imported"],
  );

  clock.nowMs += 1;
  assert.deepEqual(
    (await other.list()).map(({ state }) => state),
    ["half imported"],
  );
  const taken = await other.take(image);
  assert.deepEqual(taken.leftover, { source: null, sizeBytes: 0, removing: false });
  for (const late of [
    () => leased.finish(image, CONTENT),
    () => leased.release(),
    () => leased.forget(),
    () => leased.reserve("x", 1, { freeBytes: 1, allocatedBytes: 0 }),
  ]) {
    await assert.rejects(late, LOST);
  }
  await taken.leased.finish(image, CONTENT);
  assert.deepEqual(
    (await one.list()).map(({ state }) => state),
    ["ready"],
  );
  await assert.rejects(leased.forget(), LOST, "nor once the other has finished");
});

test("a process of this machine is taken over at once when it is gone, and not while it runs", async (t) => {
  const store = await storeOf(t);
  const { clock, start, end } = processes();
  const worker = start("one", 1);
  const records = new ImageRecords(store, start("one", 2));
  await new ImageRecords(store, worker).take(image);
  // It may have been stopped all the while, with the file open.
  clock.nowMs += 2 * LEASE_MS;
  await assert.rejects(records.take(image), { type: "busy", message: /^process 1 is at work on image/ });
  end(worker);
  const { leased } = await records.take(image);
  await leased.release();
  assert.equal((await records.beginRemoval(image.uuid)).name, "CD");
});

test("a lease is renewed for as long as the work goes on", async (t) => {
  const store = await storeOf(t);
  const { clock, start } = processes();
  const records = new ImageRecords(store, start("one", 1));
  const { leased } = await records.take(image);
  await leased.say("Working");
  const before = await ownerIn(store);
  assert.equal(before?.leaseUntilMs, clock.nowMs + LEASE_MS);
  clock.nowMs += LEASE_MS / 2;
  await leased.whileLeased(async () => {
    while ((await ownerIn(store))?.leaseUntilMs !== clock.nowMs + LEASE_MS) await setImmediate();
  }, 1);
  assert.deepEqual(await ownerIn(store), { ...before, leaseUntilMs: clock.nowMs + LEASE_MS });
  assert.equal((await records.known(image.uuid)).step, "Working");
});

test("work whose lease is lost is told to end, and an image that is finished is not lost", async (t) => {
  const store = await storeOf(t);
  const { clock, start } = processes();
  const other = new ImageRecords(store, start("other", 2));
  const { leased } = await new ImageRecords(store, start("one", 1)).take(image);
  const work = leased.whileLeased(async (signal) => {
    clock.nowMs += LEASE_MS;
    await other.take(image);
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    signal.throwIfAborted();
  }, 1);
  await assert.rejects(work, LOST);

  clock.nowMs += LEASE_MS;
  const again = await new ImageRecords(store, start("one", 3)).take(image);
  await again.leased.whileLeased(async (signal) => {
    await again.leased.finish(image, CONTENT);
    // A renewal that comes after it finds nothing to renew.
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
  }, 1);
});

test("a renewal that fails for another reason is tried again", async () => {
  const renewals = Promise.withResolvers<void>();
  let tries = 0;
  const renew = async () => {
    tries++;
    if (tries === 3) renewals.resolve();
    throw new Error("database is locked");
  };
  await whileRenewing(
    renew,
    async (signal) => {
      await renewals.promise;
      assert.equal(signal.aborted, false);
    },
    1,
  );
});
