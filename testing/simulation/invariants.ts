/** What holds in a simulation at any moment, and what does when nothing is under way, beside what others rely on too. */
import assert from "node:assert/strict";
import { DISK_RESERVE_BYTES } from "../../src/placement/drives.ts";
import { type Machine, targetOf } from "../simulated/machine.ts";
import { assertAgree, assertRules } from "../state-agreement.ts";
import type { AllRecords, IdempotencyKey } from "./records.ts";

export function assertInvariants(records: AllRecords, machine: Machine): void {
  assertRules(records, machine);
  assertRoom(records, machine);
  assertAddresses(records, machine);
  assertDestroyed(records);
  assertCreatedOnce(records);
}

export function assertQuiescent(
  records: AllRecords,
  keys: readonly IdempotencyKey[],
  machine: Machine,
): void {
  assertAgree(records, machine);
  assertInvariants(records, machine);
  const { drives, servers, resources, imagings } = records;
  const targets = [...machine.jobs].map(([job, { state }]) => (state === "running" ? job : targetOf(job)));
  assert.equal(new Set(targets).size, targets.length, "of each drive one copy job is kept at most");
  for (const target of targets)
    assert.ok(machine.drives.has(target), `the copy job onto ${target} has a target`);
  const going = imagings.filter(({ state }) => state !== "failed");
  assert.deepEqual(going, [], "no imaging is queued or under way");
  const there = new Set([...drives, ...servers].map(({ uuid }) => uuid));
  for (const { resource } of resources) there.add(resource);
  for (const { key, object } of keys) {
    assert.ok(
      object === "" || there.has(object),
      `the Idempotency-Key ${key} names what is there, or nothing`,
    );
  }
  for (const server of machine.servers.values()) {
    const row = servers.find(({ uuid }) => uuid === server.spec.uuid);
    assert.equal(server.spec.cpuMhz, row?.cpu_mhz, `server ${server.spec.uuid} runs at the speed of its row`);
  }
}

/**
 * Where daemons are spared they renew their leases, and then nobody takes an operation from another: it is let go of
 * before another has it.
 */
export function assertLeasesHold(before: AllRecords | null, after: AllRecords): void {
  for (const { object, action, generation, owner } of before?.operations ?? []) {
    const now = after.operations.find((each) => each.object === object);
    if (owner === null || now === undefined || now.owner === null || now.generation !== generation) continue;
    assert.equal(
      now.owner,
      owner,
      `${action} of ${object} is its owner's for as long as that renews its lease`,
    );
  }
}

/** The disk's counter is the sum of all sizes, and of what growths that are under way add. */
function assertRoom(
  { drives, operations, allocatedDiskBytes, diskBytes }: AllRecords,
  { diskBytes: most }: Machine,
): void {
  let sum = 0;
  const sizes = new Map<string, number>();
  for (const { uuid, size_bytes } of drives) {
    sum += size_bytes;
    sizes.set(uuid, size_bytes);
  }
  for (const { object, action, params } of operations) {
    if (action === "resize")
      sum += Math.max(0, Number(JSON.parse(params).sizeBytes) - (sizes.get(object) ?? 0));
  }
  assert.equal(allocatedDiskBytes, sum, "the host's disk counter is what drives and resizes take");
  assert.ok(diskBytes === 0 || diskBytes === most, "the host has the disk that it has");
  assert.ok(sum <= most - DISK_RESERVE_BYTES, "drives take no more than there is for them");
}

/** An address is used by one server, of whoever holds it. */
function assertAddresses({ addresses, resources, servers }: AllRecords, machine: Machine): void {
  const held = new Map(resources.map(({ resource, user }) => [resource, user]));
  for (const { address, server } of addresses) {
    const holder = held.get(address);
    const user = servers.find(({ uuid }) => uuid === server)?.user;
    assert.ok(
      holder === undefined || holder === user,
      `address ${address} is used by a server of its holder`,
    );
  }
  if (machine.servers.size < 2) return;
  const used = new Map<string, string>();
  for (const { spec } of machine.servers.values()) {
    const own = new Set([...spec.nics.map(({ lease }) => lease?.address), spec.vnc?.address]);
    for (const address of own) {
      if (address === undefined) continue;
      assert.equal(used.get(address), undefined, `address ${address} is that of one run`);
      used.set(address, spec.uuid);
      const row = addresses.find((each) => each.address === address);
      assert.equal(
        row?.server,
        spec.uuid,
        `address ${address} is recorded as that of the server that has it`,
      );
    }
  }
}

/** A drive that is being destroyed has no key any more. */
function assertDestroyed({ drives }: AllRecords): void {
  for (const { uuid, phase, wrapped_secret } of drives) {
    assert.ok(phase !== "destroying" || wrapped_secret === null, `drive ${uuid}, which goes, has no key`);
  }
}

/** What a request with an Idempotency-Key makes is marked by it; what came to nothing may still be on its way out. */
function assertCreatedOnce({ drives, servers }: AllRecords): void {
  const made = new Set<string>();
  const there = [
    ...drives.map(({ phase, properties }) => ({ phase, text: properties })),
    ...servers.map(({ phase, config }) => ({ phase, text: config })),
  ];
  for (const { phase, text } of there) {
    const at = phase === "destroying" ? -1 : text.indexOf(MARK);
    if (at < 0) continue;
    const mark = text.slice(at + MARK.length, text.indexOf('"', at + MARK.length));
    assert.ok(!made.has(mark), `what ${mark} asked for was made once`);
    made.add(mark);
  }
}

const MARK = '"user:made":"';
