import assert from "node:assert/strict";
import { test } from "node:test";
import type { StaticNetwork } from "../host.ts";
import type { ServerNetwork } from "./network-state.ts";
import { offers } from "./offers.ts";
import { configuredSubnet, layOut } from "./subnet.ts";

const LAYOUT = layOut(configuredSubnet("10.64.0.0/20"));
const POOL: StaticNetwork = { prefix: 28, gateway: "203.0.113.1", nameservers: ["192.0.2.1", "192.0.2.2"] };

const server = (
  address: string | null,
  mac = "02:00:00:00:00:01",
  network: StaticNetwork | null = null,
): ServerNetwork => ({
  nics: [
    {
      ...{ index: 0, tap: "t1", owner: null, vlan: null, counter: null },
      lease: address === null ? null : { mac, address, network },
    },
  ],
  vnc: null,
});

test("an address of the guests' own subnet goes with the machine's name servers, where it has any", () => {
  const servers = [server("10.64.0.2", "02:00:00:00:00:0A"), server(null)];
  const { leases, ranges, hosts, options } = offers(LAYOUT, servers, ["192.0.2.9", "192.0.2.8"]);
  assert.deepEqual(Object.fromEntries(leases), { "10.64.0.2": "02:00:00:00:00:0a" });
  assert.deepEqual([...ranges], ["10.64.0.0,static,255.255.240.0,12h"]);
  assert.equal(hosts, "02:00:00:00:00:0A,set:n0,10.64.0.2\n");
  assert.deepEqual(options.split("\n"), [
    "tag:n0,option:netmask,255.255.240.0",
    "tag:n0,option:router,10.64.0.1",
    "tag:n0,option:dns-server,192.0.2.9,192.0.2.8",
    "",
  ]);
  assert.ok(!offers(LAYOUT, servers, []).options.includes("dns-server"));
  assert.deepEqual([...offers(LAYOUT, [], []).ranges], [...ranges]);
});

test("addresses of other networks go with their own, told apart by tags", () => {
  const silent = { ...POOL, gateway: "198.51.100.1", prefix: 24, nameservers: [] };
  const { ranges, hosts, options } = offers(
    LAYOUT,
    [
      ...[
        server("203.0.113.2", "02:00:00:00:00:01", POOL),
        server("198.51.100.7", "02:00:00:00:00:02", silent),
      ],
      ...[server("203.0.113.3", "02:00:00:00:00:03", POOL), server("10.64.0.2", "02:00:00:00:00:04")],
    ],
    ["192.0.2.9"],
  );
  assert.deepEqual([...ranges].sort(), [
    "10.64.0.0,static,255.255.240.0,12h",
    "198.51.100.0,static,255.255.255.0,12h",
    "203.0.113.0,static,255.255.255.240,12h",
  ]);
  assert.deepEqual(hosts.split("\n"), [
    ...["02:00:00:00:00:01,set:n0,203.0.113.2", "02:00:00:00:00:02,set:n1,198.51.100.7"],
    ...["02:00:00:00:00:03,set:n0,203.0.113.3", "02:00:00:00:00:04,set:n2,10.64.0.2", ""],
  ]);
  assert.deepEqual(options.split("\n"), [
    "tag:n0,option:netmask,255.255.255.240",
    "tag:n0,option:router,203.0.113.1",
    "tag:n0,option:dns-server,192.0.2.1,192.0.2.2",
    "tag:n1,option:netmask,255.255.255.0",
    "tag:n1,option:router,198.51.100.1",
    "tag:n2,option:netmask,255.255.240.0",
    "tag:n2,option:router,10.64.0.1",
    "tag:n2,option:dns-server,192.0.2.9",
    "",
  ]);
});

test("of two servers of one address the later counts, as a server's is whose predecessor is still to be cleared", () => {
  const { leases, hosts } = offers(
    LAYOUT,
    [server("10.64.0.2"), server("10.64.0.2", "02:00:00:00:00:02")],
    [],
  );
  assert.deepEqual([...leases], [["10.64.0.2", "02:00:00:00:00:02"]]);
  assert.equal(hosts, "02:00:00:00:00:02,set:n0,10.64.0.2\n");
});
