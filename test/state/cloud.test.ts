/** What admins are told of the cloud itself over a state cloud: what needs a person, what hosts have, and which pools there are. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { createUser } from "../../src/accounts/users.ts";
import { Unreachable } from "../../src/host/errors.ts";
import { Hosts } from "../../src/hosts/hosts.ts";
import { overriding } from "../../testing/overriding.ts";
import { type Api, type As, got, type Row, stateApi } from "../../testing/state-api.ts";
import { type Cloud, openCloud } from "../../testing/state-cloud.ts";
import { until } from "../../testing/until.ts";

async function opened(t: TestContext, silent = false) {
  const cloud = await openCloud(t);
  const bob = await createUser(cloud.daemon().store, "bob");
  const api = await stateApi(t, silent ? { daemon: () => withSilentHost(cloud) } : cloud);
  return { cloud, api, ann: { user: cloud.user }, bob: { user: bob.uuid, secret: bob.secret } };
}

/** The daemon with a host that does not answer. */
function withSilentHost(cloud: Cloud): ReturnType<Cloud["daemon"]> {
  const daemon = cloud.daemon();
  const host = daemon.dependencies.hosts.get("local");
  const away = async () => {
    throw new Unreachable("the host is away");
  };
  const servers = overriding(host.servers, { list: away });
  const hosts = new Hosts(new Map([["local", { ...host, servers, checks: away, networks: away }]]));
  return { ...daemon, dependencies: { ...daemon.dependencies, hosts } };
}

const listed = (api: Api, as: As, path: string) => got<readonly Row[]>(api, as, path);

test("what fails and is tried again needs a person until it succeeds, and where all is well nothing does", async (t) => {
  const { cloud, api, ann, bob } = await opened(t);
  assert.deepEqual(await listed(api, ann, "cloud/status"), []);
  const { drive } = await got(api, bob, "drives/create", { name: "d", size: 4096 });
  cloud.before = async (effect) => {
    if (effect === "drive destroy") throw new Unreachable("destroy was lost");
  };
  assert.notEqual((await api.ask(bob, `drives/${drive}/destroy`, {})).status, 204);
  const needs = await until("it is told", async () => {
    const rows = await listed(api, ann, "cloud/status");
    return rows.length > 0 ? rows : null;
  });
  const [need] = needs;
  assert.equal(needs.length, 1);
  assert.deepEqual(
    [need?.matter, need?.kind, need?.object, need?.wants],
    ["late", "drive", drive, "destroy"],
  );
  assert.match(String(need?.says), /tried again until it succeeds: destroy was lost/);
  assert.equal((await got(api, ann, "cloud/info")).needs, 1);
  cloud.before = async () => {};
  await cloud.settled();
  await until("it is not told any more", async () =>
    (await listed(api, ann, "cloud/status")).length === 0 ? true : null,
  );
});

test("a drive's file that is gone and one that nobody knows need a person, each by its uuid", async (t) => {
  const { cloud, api, ann, bob } = await opened(t);
  const { drive } = await got(api, bob, "drives/create", { name: "d", size: 4096 });
  const kept = cloud.machine.drives.get(String(drive));
  assert.ok(kept);
  const stranger = "11111111-2222-4333-8444-555555555555";
  cloud.machine.drives.delete(String(drive));
  cloud.machine.drives.set(stranger, { ...kept, volume: { ...kept.volume, uuid: stranger } });
  const rows = await listed(api, ann, "cloud/status");
  assert.deepEqual(
    rows.map(({ matter, kind, object, host }) => [matter, kind, object, host]),
    [
      ["lost", "drive", drive, "local"],
      ["unknown", "drive", stranger, "local"],
    ],
  );
});

test("a host that does not answer is silent, its row is told all the same, and its checks and its networks are not known", async (t) => {
  const { api, ann } = await opened(t, true);
  const [host] = await listed(api, ann, "hosts/info");
  assert.deepEqual([host?.host, host?.state, host?.running], ["local", "silent", undefined]);
  assert.ok(Number(host?.["mem:free"]) > 0);
  const [need] = await listed(api, ann, "cloud/status");
  assert.deepEqual([need?.matter, need?.object, need?.says], ["silent", "local", "does not answer"]);
  const checks = await api.ask(ann, "hosts/local/checks");
  assert.equal(checks.code, "host_unavailable");
  const added = await api.ask(ann, "pools/add", { network: "203.0.113.0/28", gateway: "203.0.113.1" });
  assert.equal(added.code, "host_unavailable");
});

test("a host tells what it has promised, as servers start and end and drives are made", async (t) => {
  const { api, ann, bob } = await opened(t);
  const info = () => got(api, ann, "hosts/local/info");
  const before = await info();
  assert.deepEqual([before.cores, before["core:mhz"], before["mem:promised"]], [4, 2500, 0]);
  await got(api, bob, "drives/create", { name: "d", size: 1_048_576 });
  const server = { name: "s", cpu: 700, mem: 96, persistent: true };
  const { server: uuid } = await got(api, bob, "servers/create", server);
  const after = await info();
  assert.equal(Number(after["disk:promised"]) - Number(before["disk:promised"]), 1_048_576);
  assert.deepEqual(
    [after["cpu:promised"], after["mem:promised"], after.servers, after.drives, after.running],
    [700, 96, 1, 1, 1],
  );
  assert.equal(Number(after.mem) - Number(after["mem:free"]), 96);
  await got(api, bob, `servers/${uuid}/stop`, {});
  assert.deepEqual([(await info())["mem:promised"], (await info()).running], [0, 0]);
});

test("a host's checks are told as the host says them", async (t) => {
  const { cloud, api, ann } = await opened(t);
  cloud.machine.checks = [
    { name: "Programs", verdict: "good", state: "all there" },
    { name: "KVM", verdict: "lacking", state: "no", follows: "guests are slow", todo: "turn it on" },
  ];
  assert.deepEqual(await listed(api, ann, "hosts/local/checks"), [
    { check: "Programs", verdict: "good", says: "all there" },
    { check: "KVM", verdict: "lacking", says: "no", follows: "guests are slow", mend: "turn it on" },
  ]);
  assert.equal((await api.ask(ann, "hosts/other/checks")).code, "no_such_host");
  assert.equal((await api.ask(ann, "hosts/other/info")).code, "no_such_host");
});

test("an admin adds and removes pools, each an event, and nobody's address is taken from them", async (t) => {
  const { cloud, api, ann, bob } = await opened(t);
  const network = "203.0.113.0/30";
  const added = await got(api, ann, "pools/add", {
    network,
    gateway: "203.0.113.2",
    nameserver: "192.0.2.53",
  });
  assert.deepEqual(added, {
    ...{ network, gateway: "203.0.113.2", nameserver: "192.0.2.53", origin: "operator" },
    ...{ size: 1, used: 0, free: 1 },
  });
  const { resource } = await got(api, bob, "resources/ip/create", {});
  const pool = (await listed(api, ann, "pools/info")).find((each) => each.network === network);
  assert.deepEqual([resource, pool?.used, pool?.free], ["203.0.113.1", 1, 0]);
  assert.equal((await api.ask(ann, "pools/remove", { network })).code, "pool_in_use");
  await got(api, bob, "resources/ip/203.0.113.1/destroy", {});
  await got(api, ann, "pools/remove", { network });
  assert.equal((await api.ask(ann, "pools/remove", { network })).code, "no_such_pool");
  const events = (await listed(api, ann, "events")).filter(({ command }) =>
    /^pools\/(add|remove)/.test(String(command)),
  );
  assert.deepEqual(
    events.map(({ command, object, actor }) => [command, object, actor]),
    [
      ["pools/add", network, cloud.user],
      ["pools/remove", network, cloud.user],
    ],
  );
});

test("a pool that meets another, or what a host reaches, is refused, as what is no pool is", async (t) => {
  const { cloud, api, ann } = await opened(t);
  cloud.machine.networks = ["198.51.100.0/24", "0.0.0.0/0"];
  await got(api, ann, "pools/add", { network: "203.0.113.0/28", gateway: "203.0.113.1" });
  const refusals = [
    [{ network: "203.0.113.8/29", gateway: "203.0.113.9" }, "pool_meets_network"],
    [{ network: "198.51.100.0/28", gateway: "198.51.100.1" }, "pool_meets_network"],
    [{ network: "192.0.2.5/28", gateway: "192.0.2.1" }, "pool_refused"],
    [{ network: "192.0.2.0/28", gateway: "192.0.3.1" }, "pool_refused"],
    [{ network: "ten", gateway: "192.0.3.1" }, "malformed_value"],
    [{ network: "192.0.2.0/28", gateway: "192.0.2.1", nameserver: "ns" }, "malformed_value"],
    [{ network: "192.0.2.0/28" }, "key_required"],
  ] as const;
  for (const [given, code] of refusals) {
    assert.equal((await api.ask(ann, "pools/add", given)).code, code, JSON.stringify(given));
  }
});
