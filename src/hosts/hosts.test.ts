import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { freshStore } from "../../testing/stores.ts";
import type { HostFacts } from "../host/host.ts";
import type { Store } from "../store/store.ts";
import { allHosts, allocate, Hosts, hostNamed, recordHost } from "./hosts.ts";

const FACTS: HostFacts = {
  ...{ cores: 4, coreMhz: 2500, memMib: 8192, accelerator: "tcg", network: "bridged" },
  ...{ cpuQuotas: true, separateUid: true, addresses: { first: "10.0.0.2", last: "10.0.0.9" } },
  staticAddresses: {
    ...{ first: "10.0.0.10", last: "10.0.0.20", prefix: 24, gateway: "10.0.0.1", nameservers: ["10.0.0.1"] },
  },
};

async function openStore(t: TestContext): Promise<Store> {
  const open = await freshStore(t, "sqlite");
  const store = await open();
  t.after(() => store.close());
  return store;
}

test("a host is known once it has said what it is, and what it says anew leaves its counters", async (t) => {
  const store = await openStore(t);
  const known = () => store.transaction(allHosts);
  assert.deepEqual(await known(), [], "a row without facts, as a migration makes, is none yet");
  await recordHost(store, "b", FACTS, { freeBytes: 10, allocatedBytes: 5 }, "machine b");
  await recordHost(store, "a", FACTS, { freeBytes: 1, allocatedBytes: 0 }, "machine a");
  await store.transaction(async (tx) => {
    await allocate(tx, "b", { memMib: 64, mhz: 500, diskBytes: 7 });
    await allocate(tx, "b", { memMib: -32 });
  });
  await recordHost(store, "b", { ...FACTS, cores: 8 }, { freeBytes: 20, allocatedBytes: 5 }, "machine b");
  const none = { allocatedDiskBytes: 0, allocatedMemMib: 0, allocatedMhz: 0 };
  assert.deepEqual(await known(), [
    { name: "a", facts: FACTS, diskBytes: 1, ...none },
    {
      ...{ name: "b", facts: { ...FACTS, cores: 8 }, diskBytes: 25 },
      ...{ allocatedDiskBytes: 7, allocatedMemMib: 32, allocatedMhz: 500 },
    },
  ]);
});

test("what is allocated in a transaction that comes to nothing is not", async (t) => {
  const store = await openStore(t);
  await recordHost(store, "a", FACTS, { freeBytes: 1, allocatedBytes: 0 }, "machine a");
  const refused = store.transaction(async (tx) => {
    await allocate(tx, "a", { memMib: 64 });
    throw new Error("it is refused");
  });
  await assert.rejects(refused, /it is refused/);
  assert.equal((await store.transaction((tx) => hostNamed(tx, "a"))).allocatedMemMib, 0);
});

test("a host that nobody knows, or that cannot be asked from here, is an error that names it", async (t) => {
  const store = await openStore(t);
  const named = store.transaction((tx) => hostNamed(tx, "x"));
  await assert.rejects(named, { type: "failed", message: "there is no host x" });
  const hosts = new Hosts(new Map());
  assert.throws(() => hosts.get("x"), { type: "failed", message: "host x cannot be reached from here" });
});

test("a machine is not taken for another of the same name, whose servers it knows nothing of", async (t) => {
  const store = await openStore(t);
  const disk = { freeBytes: 10, allocatedBytes: 5 };
  await recordHost(store, "a", FACTS, disk, "one");
  await assert.rejects(recordHost(store, "a", FACTS, disk, "another"), { type: "busy", message: /home one/ });
  await recordHost(store, "a", FACTS, disk, "one");
});

for (const facts of ["{", "null", "{}", JSON.stringify({ ...FACTS, memMib: "8192" })]) {
  test(`a host whose row says ${facts} of it is an error that names it`, async (t) => {
    const store = await openStore(t);
    await recordHost(store, "a", FACTS, { freeBytes: 1, allocatedBytes: 0 }, "machine a");
    await store.transaction((tx) => tx.updateTable("hosts").set({ facts }).where("name", "=", "a").execute());
    const damaged = { code: "record_damaged", message: "what the store says of host a is damaged" };
    await assert.rejects(store.transaction(allHosts), damaged);
    await assert.rejects(
      store.transaction((tx) => hostNamed(tx, "a")),
      damaged,
    );
  });
}
