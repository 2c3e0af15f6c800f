/** Reading counters at the uplink where that is slow, fails, or has nothing to tell. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { inNamespace } from "./namespace.ts";
import { NetworkState } from "./network-state.ts";
import { configuredSubnet, layOut } from "./subnet.ts";
import { UplinkCounts } from "./uplink-counts.ts";

const COUNTER = "c0123456789abcdef";
const LEASE = { mac: "02:00:00:00:00:01", address: "10.64.0.2", network: null };

/** Counts of a cloud in which server `a` is counted, and `b` has no lease; `counters` is how they are read. */
async function counts(t: TestContext, counters: () => Promise<ReadonlyMap<string, number>>, kept?: string) {
  const runDirectory = await mkdtemp(join(tmpdir(), "lodge-counts-"));
  t.after(() => rm(runDirectory, { recursive: true }));
  if (kept !== undefined) await writeFile(join(runDirectory, "uplink-counts.json"), kept);
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);
  const state = new NetworkState(
    join(runDirectory, "states"),
    layOut(configuredSubnet("10.64.0.0/20")),
    warn,
  );
  const nic = { index: 0, tap: "t1", owner: null, vlan: null, counter: COUNTER };
  state.change("a", { nics: [{ ...nic, lease: LEASE }] });
  state.change("b", { nics: [{ ...nic, tap: "t2", lease: null }] });
  const namespace = { ...inNamespace("lodge-test-none"), counters };
  return { counts: new UplinkCounts({ namespace, state, runDirectory, warn }), state, warnings };
}

test("all who ask at once are told by two readings at the most, of those that are counted", async (t) => {
  let reads = 0;
  const { counts: uplink } = await counts(t, async () => {
    reads++;
    return new Map([
      [COUNTER, 7],
      ["cfedcba9876543210", 8],
    ]);
  });
  const told = await Promise.all(Array.from({ length: 20 }, () => uplink.all()));
  assert.deepEqual(told, Array(20).fill(new Map([["a", { counter: COUNTER, bytes: 7 }]])));
  assert.ok(reads <= 2);
  assert.deepEqual(await uplink.last("a"), { counter: COUNTER, bytes: 7 });
});

test("counters are not read where no NIC has one", async (t) => {
  const { counts: uplink, state } = await counts(t, () => assert.fail("they were read"));
  state.forget("a");
  assert.equal((await uplink.all()).size, 0);
  assert.equal(await uplink.last("a"), null);
  assert.equal(await uplink.last("b"), null);
});

test("where they cannot be read, whoever reads all is told so, and an end goes on without, which is said", async (t) => {
  const { counts: uplink, warnings } = await counts(t, () => Promise.reject(new Error("no memory")));
  await assert.rejects(uplink.all(), /no memory/);
  assert.equal(await uplink.last("a"), null);
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? "", /^the counter of server a at the uplink could not be read at its end/);
});

test("a counter that is not there is that of nobody", async (t) => {
  const { counts: uplink } = await counts(t, async () => new Map());
  assert.equal((await uplink.all()).size, 0);
  assert.equal(await uplink.last("a"), null);
});

test("what was kept of a network of before is told of those that have nothing in this one, unless it is damaged", async (t) => {
  const kept = JSON.stringify({ a: { counter: "c1", bytes: 1 }, gone: { counter: "c2", bytes: 2 } });
  const { counts: uplink } = await counts(t, async () => new Map([[COUNTER, 7]]), kept);
  assert.deepEqual(await uplink.last("gone"), { counter: "c2", bytes: 2 });
  assert.deepEqual(await uplink.last("a"), { counter: COUNTER, bytes: 7 });
  const damaged = await counts(t, async () => new Map(), "{");
  assert.equal(await damaged.counts.last("gone"), null);
  assert.equal(damaged.warnings.length, 1);
});
