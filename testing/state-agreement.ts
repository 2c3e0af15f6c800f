/** What a store and a simulated machine must agree on. */
import assert from "node:assert/strict";
import { hostNamed, LOCAL_HOST } from "../src/hosts/hosts.ts";
import { allocatedToServers } from "../src/servers/need.ts";
import type { Store } from "../src/store/store.ts";
import type { Machine } from "./simulated/machine.ts";
import type { Cloud } from "./state-cloud.ts";

/** All memory that servers may have on the simulated host: 8192 MB less an eighth. */
export const ALL_MEMORY = 7168;

/** Everything that the store and the machine must agree on when nothing is under way; waits until nothing is. */
export async function assertAgreement(cloud: Cloud): Promise<void> {
  await cloud.settled();
  assert.deepEqual(cloud.unheard, []);
  assert.deepEqual(cloud.unknown, []);
  await assertStoreAgrees(cloud.daemon().store, cloud.machine);
}

/** The same of a store and a machine where nothing is under way. */
export async function assertStoreAgrees(store: Store, machine: Machine): Promise<void> {
  const all = await readAll(store);
  assert.deepEqual(all.operations, [], "no operation is left");
  assert.deepEqual(
    all.drives.map(({ uuid, phase, size_bytes }) => [uuid, phase, size_bytes]).sort(),
    [...machine.drives].map(([uuid, { bytes }]) => [uuid, "ready", bytes.length]).sort(),
    "the drives of the store are the files of the machine",
  );
  const active = all.servers.filter(({ phase }) => phase === "active");
  assert.deepEqual(
    active.map(({ uuid, generation }) => [uuid, generation]).sort(),
    [...machine.servers.values()].map(({ instance: { uuid, generation } }) => [uuid, generation]).sort(),
    "active servers are those that run, at their rows' generations",
  );
  assert.ok(
    all.servers.every(({ phase, run }) => phase === "active" || (phase === "stopped" && run === null)),
    "no server is between phases",
  );
  assert.equal(all.allocatedDiskBytes, all.diskBytes, "the host's disk counter equals the sum");
  assert.deepEqual([...machine.ended.keys()], [], "no run that has ended is kept");
  await assertRules(store, machine);
}

/** What holds at any moment, whatever is under way. */
export async function assertRules(store: Store, machine: Machine): Promise<void> {
  const all = await readAll(store);
  const given = [...machine.servers.values()].reduce((sum, { spec }) => sum + spec.memMib, 0);
  assert.ok(given <= ALL_MEMORY, "no more memory is given than there is");
  const running = new Set(all.servers.filter(({ run }) => run !== null).map(({ uuid }) => uuid));
  for (const { server } of [...all.claims, ...all.addresses, ...all.vlanNics]) {
    assert.ok(running.has(server), "what is held is held by a server that starts or runs");
  }
  for (const { drive, exclusive } of all.claims) {
    const claimants = all.claims.filter((claim) => claim.drive === drive);
    assert.ok(exclusive === 0 || claimants.length === 1, "an exclusive drive has one claimant");
  }
  const { allocated, sums } = all;
  assert.deepEqual(allocated, sums, "the counters of the host equal the sums");
}

const readAll = (store: Store) =>
  store.transaction(async (tx) => {
    const drives = await tx.selectFrom("drives").selectAll().execute();
    const host = await hostNamed(tx, LOCAL_HOST);
    const { memMib, mhz } = await allocatedToServers(tx, LOCAL_HOST);
    const diskBytes = drives.reduce((sum, { size_bytes }) => sum + size_bytes, 0);
    return {
      drives,
      servers: await tx.selectFrom("servers").selectAll().execute(),
      claims: await tx.selectFrom("claims").selectAll().execute(),
      addresses: await tx.selectFrom("addresses").selectAll().execute(),
      vlanNics: await tx.selectFrom("vlan_nics").selectAll().execute(),
      operations: await tx.selectFrom("operations").selectAll().execute(),
      allocated: { memMib: host.allocatedMemMib, mhz: host.allocatedMhz },
      allocatedDiskBytes: host.allocatedDiskBytes,
      diskBytes,
      sums: { memMib, mhz },
    };
  });
