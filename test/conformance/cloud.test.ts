/** What admins are told of the cloud, its hosts and its pools, and that it is what the operator's command line says. */
import assert from "node:assert/strict";
import { watch } from "node:fs";
import { after, before, describe, it } from "node:test";
import { findHome, runDirectories } from "../../src/home.ts";
import { type Cloud, openCloud } from "../../testing/cloud.ts";
import { askJson, makeAccount } from "../../testing/conformance/accounts.ts";
import { CONTENT_TYPES, exchange, type Row } from "../../testing/conformance/exchange.ts";

const NETWORK = "203.0.113.0/28";

const ROWS: readonly Row[] = [
  {
    name: "the cloud tells an admin what it is and has",
    path: "cloud/info",
    status: 200,
    answer: {
      version: /^\d+\.\d+\.\d+/,
      since: /^\d{10}$/,
      accounts: /^\d+$/,
      drives: 0,
      needs: 0,
      "home:free": /^\d+$/,
    },
  },
  {
    name: "a host tells what it has, has promised and has left",
    path: "hosts/local/info",
    status: 200,
    answer: {
      ...{ host: "local", state: "up", version: /^\d/, cores: /^\d+$/, accelerator: /^(kvm|tcg)$/ },
      ...{ "mem:promised": 0, "cpu:promised": 0, "disk:promised": 0, running: 0, servers: 0, drives: 0 },
      ...{ "disk:unwritten": /^\d+$/, mem: /^\d+$/, cpu: /^\d+$/, disk: /^\d+$/, "mem:free": /^\d+$/ },
    },
  },
  {
    name: "a host that there is not has no info",
    path: "hosts/elsewhere/info",
    status: 404,
    error: "missing",
    code: "no_such_host",
  },
  {
    name: "a host that there is not has no checks",
    path: "hosts/elsewhere/checks",
    status: 404,
    error: "missing",
    code: "no_such_host",
  },
  {
    name: "a pool is added, and answered with what it has to give",
    path: "pools/add",
    give: { network: NETWORK, gateway: "203.0.113.1", nameserver: "192.0.2.53" },
    status: 200,
    answer: {
      network: NETWORK,
      gateway: "203.0.113.1",
      nameserver: "192.0.2.53",
      origin: "operator",
      size: 13,
      used: 0,
      free: 13,
    },
  },
  {
    name: "a pool that meets another is 409 busy",
    path: "pools/add",
    give: { network: NETWORK, gateway: "203.0.113.1" },
    ...{ status: 409, error: "busy", code: "pool_meets_network" },
  },
  {
    name: "a pool of loopback addresses is 400 usage, which names its key",
    path: "pools/add",
    give: { network: "127.1.0.0/28", gateway: "127.1.0.1" },
    ...{ status: 400, error: "usage", key: "network" },
  },
  ...(
    [
      ["no network", { network: "ten", gateway: "192.0.2.1" }, "malformed_value", "network"],
      [
        "an address in a network",
        { network: "192.0.2.5/28", gateway: "192.0.2.1" },
        "pool_refused",
        "network",
      ],
      ["a gateway elsewhere", { network: "192.0.2.0/28", gateway: "192.0.3.1" }, "pool_refused", "gateway"],
      ["no gateway", { network: "192.0.2.0/28" }, "key_required", "gateway"],
      [
        "a name for a name server",
        { network: "192.0.2.0/28", gateway: "192.0.2.1", nameserver: "ns" },
        "malformed_value",
        "nameserver",
      ],
    ] as const
  ).map(
    ([what, give, code, key]): Row => ({
      name: `a pool with ${what} is 400 usage, which names its key`,
      path: "pools/add",
      ...{ give, status: 400, error: "usage", code, key },
    }),
  ),
  { name: "a pool is removed", path: "pools/remove", give: { network: NETWORK }, status: 204 },
  {
    name: "a pool that there is not is 404 missing",
    path: "pools/remove",
    give: { network: NETWORK },
    ...{ status: 404, error: "missing", code: "no_such_pool" },
  },
];

describe("the cloud itself", () => {
  let cloud: Cloud;
  before(async () => {
    cloud = await openCloud();
  });
  after(() => cloud?.close());

  for (const type of CONTENT_TYPES) {
    describe(type, () => {
      for (const row of ROWS) {
        it(row.name, async () => {
          await exchange(cloud, row, type, {});
        });
      }
    });
  }

  it("where all is well nothing needs a person, and nothing went wrong", async () => {
    assert.equal((await cloud.ask("cloud/status")).text, "");
    assert.match(await cloud.lodge("status"), /All is well\./);
    const troubles = await cloud.ask("cloud/troubles");
    assert.equal(troubles.headers.get("x-elastic-output"), "properties list");
  });

  it("what the API says of a host's checks is what lodge doctor says", async () => {
    const checks: readonly Record<string, string>[] = await askJson(cloud, cloud.auth, "hosts/local/checks");
    const said = checks.flatMap(({ check, says, follows, mend }) => [
      `${check} ${says}`,
      ...(follows === undefined ? [] : [`so ${follows}`]),
      ...(mend === undefined ? [] : [`to change it: ${mend}`]),
    ]);
    const printed = (await cloud.lodge("doctor")).trimEnd().split("\n");
    assert.deepEqual(said.map(lasting), printed.map(lasting));
    for (const { follows, verdict } of checks) {
      assert.equal(verdict, follows === undefined ? "good" : "lacking");
    }
  });

  it("a host looks at itself once, however many ask within a minute", async () => {
    const ask = async () => (await cloud.ask("hosts/local/checks")).text;
    const first = await ask();
    // A look of its own would make a folder for it.
    const [runDir = ""] = runDirectories(findHome(cloud.home)?.id ?? "");
    const seen: string[] = [];
    const watcher = watch(runDir, (_, name) => seen.push(String(name)));
    const others = await Promise.all([ask(), ask(), ask()]);
    watcher.close();
    assert.deepEqual(others, [first, first, first]);
    assert.ok(!seen.includes("doctor"));
  });

  it("hosts and pools are listed by their names, and infos tell each", async () => {
    const hosts = await askJson(cloud, cloud.auth, "hosts/info");
    assert.deepEqual(await askJson(cloud, cloud.auth, "hosts/list"), [{ host: "local" }]);
    assert.deepEqual(
      hosts.map(({ host }: { host: string }) => host),
      ["local"],
    );
    await cloud.make("pools/add", { network: NETWORK, gateway: "203.0.113.1" });
    const networks = (await askJson(cloud, cloud.auth, "pools/info")).map(
      (pool: { network: string }) => pool.network,
    );
    const listed = (await askJson(cloud, cloud.auth, "pools/list")).map(
      (pool: { network: string }) => pool.network,
    );
    assert.deepEqual(listed, networks);
    assert.ok(networks.includes(NETWORK));
    assert.match(
      await cloud.lodge("pool", "list"),
      /203\.0\.113\.0\/28 gateway 203\.0\.113\.1, 0 of 13 taken/,
    );
  });

  it("who reads of hosts, checks and pools is in the trail with the host's name", async () => {
    await cloud.ask("hosts/local/info");
    const events: readonly Record<string, unknown>[] = await askJson(cloud, cloud.auth, "events");
    const read = events.findLast(({ command }) => command === "hosts/HOST/info");
    assert.deepEqual([read?.object, read?.outcome], ["local", "done"]);
  });

  it("to who is no admin there is no cloud, no host and no pool", async () => {
    const { auth } = await makeAccount(cloud, "bob");
    for (const path of [
      "cloud/info",
      "cloud/status",
      "cloud/troubles",
      "hosts/list",
      "hosts/info",
      "hosts/local/info",
      "hosts/local/checks",
      "pools/list",
      "pools/info",
    ]) {
      const { status, headers } = await cloud.ask(path, { auth });
      assert.deepEqual([status, headers.get("x-lodge-error")], [404, "no_such_command"], path);
    }
    for (const path of ["pools/add", "pools/remove"]) {
      const { status } = await cloud.ask(path, { auth, body: `network ${NETWORK}\n` });
      assert.equal(status, 404, path);
    }
  });
});

/** A line without the amounts that are others a moment later. */
const lasting = (line: string) =>
  /^(Free|Socket)/.test(line)
    ? line.replaceAll(/\d+(\.\d+)?/g, "N").replaceAll(/\s+/g, " ")
    : line.trim().replaceAll(/\s+/g, " ");
