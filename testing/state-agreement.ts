/** What a store and a simulated machine must agree on. */
import assert from "node:assert/strict";
import type { Selectable } from "kysely";
import { hostNamed, LOCAL_HOST } from "../src/hosts/hosts.ts";
import { allocatedToServers } from "../src/servers/need.ts";
import type { Store, Tx } from "../src/store/store.ts";
import type { Tables } from "../src/store/tables.ts";
import type { Machine } from "./simulated/machine.ts";
import type { Cloud } from "./state-cloud.ts";
import { assertCounted, assertInOrder, type CountedRecords } from "./use-agreement.ts";

/** All memory that servers may have on the simulated host: 8192 MB less an eighth. */
export const ALL_MEMORY = 7168;

type Rows<Name extends keyof Tables, Column extends keyof Tables[Name]> = readonly Pick<
  Selectable<Tables[Name]>,
  Column & keyof Selectable<Tables[Name]>
>[];

type Load = { readonly memMib: number; readonly mhz: number };

/** What of a store a machine is compared with, as it is at one moment. */
export type Records = Omit<CountedRecords, "servers"> & {
  readonly servers: Rows<"servers", "uuid" | "user" | "phase" | "generation" | "run" | "cpu_mhz" | "mem_mib">;
  readonly claims: Rows<"claims", "drive" | "server" | "exclusive">;
  readonly addresses: Rows<"addresses", "server">;
  readonly vlanNics: Rows<"vlan_nics", "server">;
  /** What the host counts as given to servers, and what they were given. */
  readonly allocated: Load;
  readonly sums: Load;
  readonly allocatedDiskBytes: number;
};

/** Everything that the store and the machine must agree on when nothing is under way; waits until nothing is. */
export async function assertAgreement(cloud: Cloud): Promise<void> {
  await cloud.settled();
  assert.deepEqual(cloud.unheard, []);
  assert.deepEqual(cloud.unknown, []);
  await assertStoreAgrees(cloud.daemon().store, cloud.machine);
}

/** The same of a store and a machine where nothing is under way. */
export async function assertStoreAgrees(store: Store, machine: Machine): Promise<void> {
  await store.transaction(async (tx) => {
    const records = await recordsIn(tx);
    assertAgree(records, machine);
    assertRules(records, machine);
    assertInOrder(await tx.selectFrom("spans").selectAll().orderBy("serial").execute());
  });
}

/** What holds when nothing is under way, beside the rules. */
export function assertAgree(records: Records, machine: Machine): void {
  const { operations, drives, servers } = records;
  assert.deepEqual(operations, [], "no operation is left");
  assert.deepEqual(
    drives.map(({ uuid, phase, size_bytes }) => [uuid, phase, size_bytes]).sort(),
    [...machine.drives].map(([uuid, { bytes }]) => [uuid, "ready", bytes.length]).sort(),
    "the drives of the store are the files of the machine",
  );
  const active = servers.filter(({ phase }) => phase === "active");
  assert.deepEqual(
    active.map(({ uuid, generation }) => [uuid, generation]).sort(),
    [...machine.servers.values()].map(({ instance: { uuid, generation } }) => [uuid, generation]).sort(),
    "active servers are those that run, at their rows' generations",
  );
  assert.ok(
    servers.every(({ phase, run }) => phase === "active" || (phase === "stopped" && run === null)),
    "no server is between phases",
  );
  const sum = drives.reduce((bytes, { size_bytes }) => bytes + size_bytes, 0);
  assert.equal(records.allocatedDiskBytes, sum, "the host's disk counter equals the sum");
  assert.deepEqual([...machine.ended.keys()], [], "no run that has ended is kept");
}

/** That the store keeps the rules now, whatever is under way. */
export const assertStoreKeepsRules = (store: Store, machine: Machine): Promise<void> =>
  store.transaction(async (tx) => assertRules(await recordsIn(tx), machine));

/** What holds at any moment, whatever is under way. */
export function assertRules(records: Records, machine: Machine): void {
  const { servers, claims, addresses, vlanNics, allocated, sums } = records;
  let given = 0;
  for (const { spec } of machine.servers.values()) given += spec.memMib;
  assert.ok(given <= ALL_MEMORY, "no more memory is given than there is");
  const running = new Set<string>();
  for (const { uuid, run } of servers) if (run !== null) running.add(uuid);
  for (const held of [claims, addresses, vlanNics]) {
    for (const { server } of held)
      assert.ok(running.has(server), "what is held is held by a server that starts or runs");
  }
  for (const { drive, exclusive } of claims) {
    if (exclusive === 0) continue;
    const others = claims.filter((claim) => claim.drive === drive);
    assert.ok(others.length === 1, "an exclusive drive has one claimant");
  }
  assert.ok(
    allocated.memMib === sums.memMib && allocated.mhz === sums.mhz,
    "the counters of the host equal the sums",
  );
  assertRunsAreRecorded(records, machine);
  assertCounted(records, new Set(machine.servers.keys()));
}

function assertRunsAreRecorded({ servers }: Records, machine: Machine): void {
  for (const [uuid, { instance }] of machine.servers) {
    const row = servers.find((each) => each.uuid === uuid);
    assert.ok(row !== undefined, `server ${uuid} runs, so it is in the store`);
    assert.ok(instance.generation <= row.generation, `no server runs at a generation above its row's`);
    assert.ok(row.phase !== "stopped", `no server runs that is stopped`);
  }
}

async function recordsIn(tx: Tx): Promise<Records> {
  const host = await hostNamed(tx, LOCAL_HOST);
  return {
    drives: await tx.selectFrom("drives").selectAll().execute(),
    servers: await tx.selectFrom("servers").selectAll().execute(),
    claims: await tx.selectFrom("claims").selectAll().execute(),
    addresses: await tx.selectFrom("addresses").selectAll().execute(),
    vlanNics: await tx.selectFrom("vlan_nics").selectAll().execute(),
    operations: await tx.selectFrom("operations").selectAll().execute(),
    resources: await tx.selectFrom("resources").selectAll().execute(),
    spans: await tx.selectFrom("spans").selectAll().where("ends", "is", null).execute(),
    allocated: { memMib: host.allocatedMemMib, mhz: host.allocatedMhz },
    sums: await allocatedToServers(tx, LOCAL_HOST),
    allocatedDiskBytes: host.allocatedDiskBytes,
  };
}
