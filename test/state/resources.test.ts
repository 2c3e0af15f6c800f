/** Resources and what servers use of them, whatever is interrupted and whoever comes at once, on a simulated host. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { createUser } from "../../src/accounts/users.ts";
import type { InputValue } from "../../src/api/properties.ts";
import { wholeOf } from "../../src/base/pages.ts";
import { LOCAL_HOST } from "../../src/hosts/hosts.ts";
import { createResource, destroyResource, setResource } from "../../src/resources/lifecycle.ts";
import { operatorPool } from "../../src/resources/pool.ts";
import { addPool, damagedPools, keepHostPool, listPools, removePool } from "../../src/resources/pools.ts";
import { ResourceRecords } from "../../src/resources/records.ts";
import type { ResourceId, ResourceType } from "../../src/resources/resource.ts";
import { bounded } from "../../testing/property.ts";
import { endRun } from "../../testing/simulated/servers.ts";
import { assertAgreement } from "../../testing/state-agreement.ts";
import { type Cloud, openCloud } from "../../testing/state-cloud.ts";
import { input, lifecycle, makeServer as makeAnyServer } from "../../testing/state-objects.ts";
import { stateRuns } from "../../testing/stores.ts";

const create = (cloud: Cloud, type: ResourceType, user = cloud.user) =>
  createResource(cloud.daemon().dependencies, user, type, new Map());

const destroy = (cloud: Cloud, id: ResourceId) =>
  destroyResource(cloud.daemon().dependencies, cloud.user, id);

const makeServer = (cloud: Cloud, properties: Record<string, InputValue> = {}, start = true) =>
  makeAnyServer(cloud, { persistent: "true", ...properties }, start);

/** What must hold when nothing is under way: what is used is used by one active server, and held by its user. */
async function judge(cloud: Cloud): Promise<void> {
  await assertAgreement(cloud);
  const all = await cloud.daemon().store.transaction(async (tx) => ({
    servers: await tx.selectFrom("servers").selectAll().execute(),
    addresses: await tx.selectFrom("addresses").selectAll().execute(),
    vlanNics: await tx.selectFrom("vlan_nics").selectAll().execute(),
    resources: await tx.selectFrom("resources").selectAll().execute(),
  }));
  const held = new Set(all.resources.map(({ resource }) => resource));
  const running = [...cloud.machine.servers.values()].map(({ spec }) => spec);
  const { staticAddresses } = await cloud.daemon().host.facts();
  assert.deepEqual(
    all.addresses.map(({ address, server }) => `${address} ${server}`).sort(),
    running
      .flatMap(({ uuid, nics, vnc }) =>
        [...new Set([nics[0]?.lease?.address, vnc?.address])].flatMap((address) =>
          address === undefined ? [] : [`${address} ${uuid}`],
        ),
      )
      .sort(),
    "the addresses in use are those of the servers that run",
  );
  assert.deepEqual(
    all.vlanNics.map(({ vlan, mac, server }) => `${vlan} ${mac} ${server}`).sort(),
    running
      .flatMap(({ uuid, nics }) =>
        nics.flatMap(({ vlan, mac }) => (vlan === null ? [] : [`${vlan} ${mac} ${uuid}`])),
      )
      .sort(),
    "the NICs in VLANs are those of the servers that run",
  );
  for (const { vlan } of all.vlanNics) assert.ok(held.has(vlan), "a VLAN in use is there");
  for (const { address } of all.addresses) {
    const temporary = /^10\.0\.0\.[2-9]$/.test(address);
    assert.notEqual(held.has(address), temporary, `${address}: ${staticAddresses?.first} on are static`);
  }
}

const statuses = (results: readonly PromiseSettledResult<unknown>[]) =>
  results.map(({ status }) => status).sort();

/** Everything that was refused was refused in that way. */
function refusedAs(results: readonly PromiseSettledResult<unknown>[], type: string, message: RegExp): void {
  for (const result of results) {
    if (result.status === "fulfilled") continue;
    assert.equal(result.reason.type, type, result.reason);
    assert.match(result.reason.message, message);
  }
}

test("the last address goes to one of two users who ask at once", async (t) => {
  const cloud = await openCloud(t);
  const { uuid: eve } = await createUser(cloud.daemon().store, "eve");
  await create(cloud, "ip");
  await create(cloud, "ip");
  const results = await Promise.allSettled([create(cloud, "ip"), create(cloud, "ip", eve)]);
  assert.deepEqual(statuses(results), ["fulfilled", "rejected"]);
  refusedAs(results, "full", /all static addresses/);
  await judge(cloud);
});

for (const [key, make] of [
  ["nic:0:dhcp", (address: string) => ({ "nic:0:dhcp": address })],
  ["vnc", (address: string) => ({ vnc: address })],
] as const) {
  test(`a static address is one server's when three start at once with it as ${key}`, async (t) => {
    const cloud = await openCloud(t);
    const { resource } = await create(cloud, "ip");
    const results = await Promise.allSettled([1, 2, 3].map(() => makeServer(cloud, make(resource))));
    assert.deepEqual(statuses(results), ["fulfilled", "rejected", "rejected"]);
    refusedAs(results, "busy", new RegExp(`^${key} names address ${resource}, which is in use by server`));
    await judge(cloud);
  });
}

test("NIC 0 and the screen of one server may have the same static address, or two", async (t) => {
  const cloud = await openCloud(t);
  const [one, other] = [await create(cloud, "ip"), await create(cloud, "ip")];
  const first = await makeServer(cloud, { "nic:0:dhcp": one.resource, vnc: one.resource });
  await judge(cloud);
  await lifecycle(cloud).stop(first);
  const second = await makeServer(cloud, { "nic:0:dhcp": one.resource, vnc: other.resource });
  assert.equal(cloud.machine.servers.get(second)?.spec.vnc?.address, other.resource);
  await judge(cloud);
});

test("a MAC address is one server's on a VLAN when three come at once, and anybody's on another", async (t) => {
  const cloud = await openCloud(t);
  const [one, other] = [await create(cloud, "vlan"), await create(cloud, "vlan")];
  const nic = ({ resource }: ResourceId) => ({ "nic:1:vlan": resource, "nic:1:mac": "06:00:00:00:00:01" });
  const results = await Promise.allSettled([1, 2, 3].map(() => makeServer(cloud, nic(one))));
  assert.deepEqual(statuses(results), ["fulfilled", "rejected", "rejected"]);
  refusedAs(results, "busy", /^nic:1:mac 06:00:00:00:00:01 is that of server/);
  await makeServer(cloud, nic(other));
  await judge(cloud);
});

test("a server whose destroy hangs keeps its MAC address from no other", async (t) => {
  const cloud = await openCloud(t);
  const vlan = await create(cloud, "vlan");
  const nic = { "nic:1:vlan": vlan.resource, "nic:1:mac": "06:00:00:00:00:01" };
  const first = await makeServer(cloud, nic);
  const begun = Promise.withResolvers<void>();
  cloud.before = async (effect) => {
    if (effect !== "end") return;
    begun.resolve();
    await new Promise(() => {});
  };
  void lifecycle(cloud).destroy(first);
  await begun.promise;
  const second = await makeServer(cloud, nic, false);
  await cloud.restart();
  await lifecycle(cloud).start(second);
  await judge(cloud);
});

test("a damaged server that names a VLAN keeps no other from being made or changed in it", async (t) => {
  const cloud = await openCloud(t);
  const vlan = await create(cloud, "vlan");
  const nic = (mac: string) => ({ "nic:1:vlan": vlan.resource, "nic:1:mac": mac });
  const bad = await makeServer(cloud, nic("06:00:00:00:00:01"), false);
  await cloud.daemon().store.transaction((tx) =>
    tx
      .updateTable("servers")
      .set((row) => ({ config: `{"nic:1:vlan":"${vlan.resource}"`, revision: row("revision", "+", 1) }))
      .where("uuid", "=", bad)
      .execute(),
  );
  const server = await makeServer(cloud, nic("06:00:00:00:00:02"), false);
  await lifecycle(cloud).set(server, input(nic("06:00:00:00:00:03")));
  await lifecycle(cloud).start(server);
  await lifecycle(cloud).destroy(bad);
  await judge(cloud);
});

test("what an active server uses is busy to destroy, and free once it has stopped", async (t) => {
  const cloud = await openCloud(t);
  const [ip, vlan] = [await create(cloud, "ip"), await create(cloud, "vlan")];
  const server = await makeServer(cloud, { vnc: ip.resource, "nic:1:vlan": vlan.resource });
  for (const used of [ip, vlan]) {
    await assert.rejects(destroy(cloud, used), { type: "busy", code: "resource_in_use" });
  }
  await lifecycle(cloud).stop(server);
  for (const free of [ip, vlan]) await destroy(cloud, free);
  await judge(cloud);
});

test("an address that a server uses although nobody holds it, as in a restored store, is given to nobody", async (t) => {
  const cloud = await openCloud(t);
  const { store } = cloud.daemon();
  // It has one address besides the gateway's.
  await addPool(store, operatorPool({ network: "203.0.113.0/30", gateway: "203.0.113.1", nameservers: [] }));
  const { resource } = await create(cloud, "ip");
  const server = await makeServer(cloud, { "nic:0:dhcp": resource });
  await store.transaction((tx) => tx.deleteFrom("resources").where("resource", "=", resource).execute());
  await assert.rejects(create(cloud, "ip"), { type: "full", code: "no_free_address" });
  await lifecycle(cloud).stop(server);
  assert.deepEqual(await create(cloud, "ip"), { type: "ip", resource });
});

test("an address is either used or destroyed when both come at once", async (t) => {
  const cloud = await openCloud(t);
  const ip = await create(cloud, "ip");
  const vlan = await create(cloud, "vlan");
  const server = await makeServer(cloud, { "nic:0:dhcp": ip.resource, "nic:1:vlan": vlan.resource }, false);
  const [started, ...destroyed] = await Promise.allSettled([
    lifecycle(cloud).start(server),
    destroy(cloud, ip),
    destroy(cloud, vlan),
  ]);
  const both = started.status === "fulfilled" ? "rejected" : "fulfilled";
  assert.ok(destroyed.some(({ status }) => status === both));
  await judge(cloud);
});

test("temporary addresses and static ones are never the same", async (t) => {
  const cloud = await openCloud(t);
  const ips = [await create(cloud, "ip"), await create(cloud, "ip"), await create(cloud, "ip")];
  for (const { resource } of ips) await makeServer(cloud, { "nic:0:dhcp": resource, vnc: "auto" });
  const results = await Promise.allSettled(
    Array.from({ length: 9 }, () => makeServer(cloud, { "nic:0:dhcp": "auto" })),
  );
  refusedAs(results, "full", /all addresses of this host's network/);
  assert.equal(cloud.machine.servers.size, 3 + 8);
  await judge(cloud);
});

test("an address that a user holds among the temporary ones, as of an earlier subnet, is given to nobody", async (t) => {
  const cloud = await openCloud(t);
  const held = { type: "ip", resource: "10.0.0.5", user: cloud.user, properties: "{}" } as const;
  await cloud.daemon().store.transaction((tx) => tx.insertInto("resources").values(held).execute());
  const results = await Promise.allSettled(
    Array.from({ length: 9 }, () => makeServer(cloud, { "nic:0:dhcp": "auto" })),
  );
  refusedAs(results, "full", /all addresses of this host's network/);
  const given = [...cloud.machine.servers.values()].map(({ spec }) => spec.nics[0]?.lease?.address);
  assert.equal(given.length, 7);
  assert.ok(!given.includes(held.resource));
});

test("a server in a VLAN may have an address of an operator's pool, and is told of its network", async (t) => {
  const cloud = await openCloud(t);
  const network = { network: "203.0.113.0/30", gateway: "203.0.113.1", nameservers: ["192.0.2.53"] };
  await addPool(cloud.daemon().store, operatorPool(network));
  const [ip, vlan] = [await create(cloud, "ip"), await create(cloud, "vlan")];
  await makeServer(cloud, { "nic:0:dhcp": ip.resource, "nic:1:vlan": vlan.resource });
  const nics = [...cloud.machine.servers.values()][0]?.spec.nics ?? [];
  assert.deepEqual(
    nics.map(({ index, model, vlan, lease }) => ({ index, model, vlan, lease })),
    [
      {
        ...{ index: 0, model: "e1000", vlan: null },
        lease: {
          address: "203.0.113.2",
          network: { prefix: 30, gateway: "203.0.113.1", nameservers: ["192.0.2.53"] },
        },
      },
      { index: 1, model: "e1000", vlan: vlan.resource, lease: null },
    ],
  );
  await judge(cloud);
  await assert.rejects(removePool(cloud.daemon().store, "203.0.113.0/30"), { type: "busy" });
});

test("an address of the host's own pool comes without a network of its own", async (t) => {
  const cloud = await openCloud(t);
  const { resource } = await create(cloud, "ip");
  await makeServer(cloud, { "nic:0:dhcp": resource });
  const [server] = cloud.machine.servers.values();
  assert.deepEqual(server?.spec.nics[0]?.lease, { address: resource, network: null });
});

test("a temporary address that is sent back as fixed is preferred, time after time, and is no resource", async (t) => {
  const cloud = await openCloud(t);
  const { start, stop, set } = lifecycle(cloud);
  const address = (uuid: string) => cloud.machine.servers.get(uuid)?.spec.nics[0]?.lease?.address ?? "";
  const server = await makeServer(cloud, { "nic:0:dhcp": "auto" });
  const first = address(server);
  await stop(server);
  await set(server, input({ "nic:0:dhcp": first }));
  // Until that one is free again, another server has it.
  const others = [];
  while (!others.map(address).includes(first)) others.push(await makeServer(cloud, { "nic:0:dhcp": "auto" }));
  for (const other of others) if (address(other) !== first) await stop(other);
  await start(server);
  assert.notEqual(address(server), first);
  await stop(server);
  for (const other of others) await stop(other);
  await start(server);
  assert.equal(address(server), first);
  await judge(cloud);
});

test("an address that was given back is another user's, and its first user cannot touch it any more", async (t) => {
  const cloud = await openCloud(t);
  const { dependencies, store } = cloud.daemon();
  await addPool(store, operatorPool({ network: "203.0.113.0/30", gateway: "203.0.113.1", nameservers: [] }));
  const { uuid: eve } = await createUser(store, "eve");
  const ip = await create(cloud, "ip");
  const server = await makeServer(cloud, { "nic:0:dhcp": ip.resource }, false);
  await destroy(cloud, ip);
  assert.deepEqual(await create(cloud, "ip", eve), ip);
  await assert.rejects(destroy(cloud, ip), { type: "missing" });
  await assert.rejects(setResource(dependencies, cloud.user, ip, new Map([["name", "mine"]])), {
    type: "missing",
  });
  await assert.rejects(lifecycle(cloud).start(server), {
    type: "missing",
    message: /^nic:0:dhcp names address 203\.0\.113\.2: there is none/,
  });
  await judge(cloud);
});

test("what a resource keeps is bounded, however many requests it comes in", async (t) => {
  const cloud = await openCloud(t);
  const { dependencies } = cloud.daemon();
  const id = await create(cloud, "vlan");
  const keep = (from: number) =>
    setResource(
      dependencies,
      cloud.user,
      id,
      new Map(Array.from({ length: 10 }, (_, index) => [`user:${from + index}`, "x".repeat(4096)])),
    );
  await keep(0);
  await assert.rejects(keep(10), {
    type: "usage",
    message: /^"user:\d+" is too much: .* at most 65536 \(64 KiB\)$/,
  });
});

test("what a start took is free again when its launch fails or the daemon is killed in it", async (t) => {
  const cloud = await openCloud(t);
  const [ip, vlan] = [await create(cloud, "ip"), await create(cloud, "vlan")];
  const nics = { "nic:0:dhcp": ip.resource, "nic:1:vlan": vlan.resource, "nic:1:mac": "06:00:00:00:00:01" };
  cloud.before = async (effect) => {
    if (effect === "launch") throw new Error("no such luck");
  };
  await assert.rejects(makeServer(cloud, nics), /no such luck/);
  await judge(cloud);
  const reached = Promise.withResolvers<void>();
  cloud.before = async (effect) => {
    if (effect !== "launch") return;
    reached.resolve();
    await new Promise(() => {});
  };
  void makeServer(cloud, nics);
  await reached.promise;
  await cloud.restart();
  await judge(cloud);
  await makeServer(cloud, nics);
  await judge(cloud);
  await assert.rejects(destroy(cloud, ip), { type: "busy" });
});

test("the host's pool follows its subnet, and an address of the old one says so at the start", async (t) => {
  const cloud = await openCloud(t);
  const { store, host } = cloud.daemon();
  const facts = await host.facts();
  const { resource } = await create(cloud, "ip");
  const server = await makeServer(cloud, { "nic:0:dhcp": resource }, false);
  const moved = { first: "10.9.0.10", last: "10.9.0.12", prefix: 24, gateway: "10.9.0.1", nameservers: [] };
  await keepHostPool(store, LOCAL_HOST, { ...facts, staticAddresses: moved });
  assert.deepEqual(
    (await listPools(store)).map(({ pool, taken }) => [pool.gateway, taken]),
    [["10.9.0.1", 0]],
  );
  await assert.rejects(lifecycle(cloud).start(server), {
    type: "failed",
    message: /^nic:0:dhcp names address 10\.0\.0\.\d+, which is in no network/,
  });
  const pool = operatorPool({ network: "10.0.0.0/28", gateway: "10.0.0.14", nameservers: [] });
  await addPool(store, pool);
  await assert.rejects(keepHostPool(store, LOCAL_HOST, facts), {
    type: "busy",
    message: /overlaps with the pool/,
  });
  assert.deepEqual(
    (await listPools(store)).map(({ pool: { gateway } }) => gateway),
    ["10.9.0.1", "10.0.0.14"],
    "and nothing was changed",
  );
});

test("a resource whose row is damaged hides no other, and can be destroyed", async (t) => {
  const cloud = await openCloud(t);
  const { store } = cloud.daemon();
  const [bad, good] = [await create(cloud, "vlan"), await create(cloud, "vlan")];
  await store.transaction((tx) =>
    tx.updateTable("resources").set({ properties: "{" }).where("resource", "=", bad.resource).execute(),
  );
  const records = new ResourceRecords(store);
  assert.deepEqual(
    (await wholeOf(records.ofUser(cloud.user))).map((each) => [each.resource, "unreadable" in each]),
    [
      [bad.resource, true],
      [good.resource, false],
    ],
  );
  await assert.rejects(records.own(bad, cloud.user), {
    code: "record_damaged",
    message: `what the store says of vlan ${bad.resource} is damaged`,
  });
  const eve = (await createUser(store, "eve")).uuid;
  await assert.rejects(records.own(bad, eve), { type: "missing" });
  await destroy(cloud, bad);
});

for (const damage of [{ first: "" }, { gateway: "10.0.0" }, { nameservers: "{" }, { network: "nowhere" }]) {
  test(`a pool whose ${Object.keys(damage)} is damaged gives no addresses, is named, and stands in nobody's way`, async (t) => {
    const cloud = await openCloud(t);
    const { store, host } = cloud.daemon();
    const { resource } = await create(cloud, "ip");
    for (const network of ["203.0.113.0/28", "203.0.113.16/28"]) {
      const gateway = network.replace(/\d+\/28/, (end) => String(Number.parseInt(end, 10) + 1));
      await addPool(store, operatorPool({ network, gateway, nameservers: [] }));
    }
    await store.transaction((tx) =>
      tx.updateTable("pools").set(damage).where("network", "=", "203.0.113.0/28").execute(),
    );
    await keepHostPool(store, LOCAL_HOST, await host.facts());
    const named = damage.network ?? "203.0.113.0/28";
    assert.deepEqual(
      (await damagedPools(store)).map(({ message }) => message),
      [`what the store says of the pool ${named} is damaged`],
    );
    const pools = await new ResourceRecords(store).pools();
    assert.deepEqual(pools.map(({ gateway }) => gateway).sort(), ["10.0.0.1", "203.0.113.17"]);
    await makeServer(cloud, { "nic:0:dhcp": resource });
    await removePool(store, named);
    assert.deepEqual(await damagedPools(store), []);
    await assertAgreement(cloud);
  });
}

const PROPERTIES = [
  { "nic:0:dhcp": "auto", vnc: "auto" },
  { "nic:0:dhcp": "IP", vnc: "auto" },
  { "nic:0:dhcp": "auto", vnc: "IP" },
  { "nic:0:dhcp": "IP", vnc: "IP" },
  { vnc: "auto", "nic:1:vlan": "VLAN", "nic:1:mac": "06:00:00:00:00:01" },
  { "nic:0:dhcp": "IP", "nic:1:vlan": "VLAN" },
  { "nic:1:model": "virtio" },
];

test("whatever is made, used, destroyed and interrupted, what is in use is right after the next start", async () => {
  const step = fc.record({
    act: fc.constantFrom("ip", "vlan", "create", "start", "stop", "destroy", "drop", "off", "restart"),
    which: fc.nat(5),
    crash: fc.boolean().map((crash) => crash && "launch"),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const afterwards: (() => Promise<void>)[] = [];
      const context = { after: (work: () => Promise<void>) => afterwards.push(work) };
      const cloud = await openCloud(context as unknown as TestContext);
      try {
        for (const { act, which, crash } of steps) {
          const crashed = Promise.withResolvers<"crashed">();
          cloud.before = async (effect) => {
            if (effect !== crash) return;
            crashed.resolve("crashed");
            await new Promise(() => {});
          };
          const done = perform(cloud, act, which).then(() => "done", refused);
          if ((await Promise.race([done, crashed.promise])) === "crashed") await cloud.restart();
        }
        await judge(cloud);
      } finally {
        for (const work of afterwards) await work();
      }
    }),
    bounded(stateRuns(30)),
  );
});

/** Refusals are answers; all else is a defect. */
function refused(error: { type?: string }): string {
  if (["busy", "missing", "full"].includes(error.type ?? "")) return "refused";
  throw error;
}

async function perform(cloud: Cloud, act: string, which: number): Promise<unknown> {
  const { store } = cloud.daemon();
  const pick = <T>(rows: readonly T[]) => rows[which % Math.max(1, rows.length)];
  const resources = await store.transaction((tx) => tx.selectFrom("resources").selectAll().execute());
  const servers = await store.transaction((tx) => tx.selectFrom("servers").select("uuid").execute());
  const server = pick(servers)?.uuid ?? "00000000-0000-4000-8000-000000000000";
  switch (act) {
    case "ip":
    case "vlan":
      return create(cloud, act);
    case "create": {
      const named = Object.entries(pick(PROPERTIES) ?? {}).flatMap(([key, value]) => {
        const type = value.toLowerCase();
        if (type !== "ip" && type !== "vlan") return [[key, value]];
        const resource = pick(resources.filter((row) => row.type === type));
        return resource === undefined ? [] : [[key, resource.resource]];
      });
      const { "nic:1:mac": _, ...rest } = Object.fromEntries(named) as Record<string, string>;
      return makeServer(cloud, "nic:1:vlan" in rest ? Object.fromEntries(named) : rest, which % 2 === 0);
    }
    case "start":
      return lifecycle(cloud).start(server);
    case "stop":
      return lifecycle(cloud).stop(server);
    case "destroy":
      return lifecycle(cloud).destroy(server);
    case "drop": {
      const row = pick(resources);
      return row === undefined ? null : destroy(cloud, { type: row.type, resource: row.resource });
    }
    case "off":
      endRun(cloud.machine, server);
      return lifecycle(cloud).stop(server);
    default:
      return cloud.restart();
  }
}
