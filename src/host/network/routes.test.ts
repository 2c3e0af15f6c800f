import assert from "node:assert/strict";
import { test } from "node:test";
import type { StaticNetwork } from "../host.ts";
import type { ServerNetwork } from "./network-state.ts";
import { innerChanges, missingFrom, type Reach, wantedReach } from "./routes.ts";
import { configuredSubnet, layOut } from "./subnet.ts";

const LAYOUT = layOut(configuredSubnet("10.64.0.0/20"));
const POOL: StaticNetwork = { prefix: 28, gateway: "203.0.113.1", nameservers: [] };
const NOTHING: Reach = { gateways: new Set(), inner: new Map(), outer: new Set() };

const server = (
  address: string | null,
  network: StaticNetwork | null,
  screen: string | null = null,
): ServerNetwork => ({
  nics: [
    {
      ...{ index: 0, tap: "t1", owner: null, vlan: null, counter: null },
      lease: address === null ? null : { mac: "02:00:00:00:00:01", address, network },
    },
  ],
  vnc: screen === null ? null : { address: screen, port: 5901, listens: null, open: false },
});

test("addresses of the guests' own subnet need no routes", () => {
  const servers = [
    server("10.64.0.2", null, "10.64.0.2"),
    server(null, null, "10.64.0.3"),
    server(null, null),
  ];
  assert.deepEqual(wantedReach(LAYOUT, servers), NOTHING);
  assert.deepEqual(innerChanges(NOTHING, NOTHING), []);
});

test("an address of another network is routed, by its network's gateway where a NIC has it", () => {
  const screenFirst = [server(null, null, "203.0.113.2"), server("203.0.113.2", POOL, "203.0.113.3")];
  for (const servers of [screenFirst, screenFirst.toReversed()]) {
    const { gateways, inner, outer } = wantedReach(LAYOUT, servers);
    assert.deepEqual(gateways, new Set(["203.0.113.1/28"]));
    assert.deepEqual(Object.fromEntries(inner), { "203.0.113.2": "203.0.113.1", "203.0.113.3": null });
    assert.deepEqual([...outer].sort(), ["203.0.113.2", "203.0.113.3"]);
  }
});

test("a gateway comes before what names it, and goes after", () => {
  const wanted = wantedReach(LAYOUT, [server("203.0.113.2", POOL)]);
  assert.deepEqual(innerChanges(NOTHING, wanted), [
    "address replace 203.0.113.1/28 dev guests noprefixroute",
    "route replace 203.0.113.2/32 dev guests proto static src 203.0.113.1",
  ]);
  assert.deepEqual(innerChanges(wanted, NOTHING), [
    "route delete 203.0.113.2/32 dev guests",
    "address delete 203.0.113.1/28 dev guests",
  ]);
  assert.deepEqual(innerChanges(wanted, wanted), []);
});

test("an address that moves to another gateway, or from a NIC to a screen, is routed anew", () => {
  const before = wantedReach(LAYOUT, [server("203.0.113.2", POOL)]);
  const moved = wantedReach(LAYOUT, [server("203.0.113.2", { ...POOL, gateway: "203.0.113.14" })]);
  assert.deepEqual(innerChanges(before, moved), [
    "address replace 203.0.113.14/28 dev guests noprefixroute",
    "route replace 203.0.113.2/32 dev guests proto static src 203.0.113.14",
    "address delete 203.0.113.1/28 dev guests",
  ]);
  const screen = wantedReach(LAYOUT, [server(null, null, "203.0.113.2")]);
  assert.deepEqual(innerChanges(before, screen), [
    "route replace 203.0.113.2/32 dev guests proto static",
    "address delete 203.0.113.1/28 dev guests",
  ]);
});

test("an address is missing where the machine, the namespace or its gateway does not lead to it", () => {
  const wanted = wantedReach(LAYOUT, [server("203.0.113.2", POOL), server(null, null, "203.0.113.3")]);
  const without = (part: Partial<Reach>) => missingFrom({ ...wanted, ...part }, wanted);
  assert.deepEqual(without({}), []);
  assert.deepEqual(without({ outer: new Set(["203.0.113.3"]) }), ["203.0.113.2"]);
  assert.deepEqual(without({ inner: new Map([["203.0.113.2", POOL.gateway]]) }), ["203.0.113.3"]);
  assert.deepEqual(without({ inner: new Map(wanted.inner).set("203.0.113.2", null) }), ["203.0.113.2"]);
});
