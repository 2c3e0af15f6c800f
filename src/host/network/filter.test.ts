import assert from "node:assert/strict";
import { test } from "node:test";
import { changedElements, contents, elements } from "./filter.ts";
import { checkAddress, checkLease } from "./lease.ts";
import type { ServerNetwork } from "./network-state.ts";
import { configuredSubnet, layOut } from "./subnet.ts";

const LAYOUT = layOut(configuredSubnet("10.64.0.0/20"));
const LEASE = { mac: "02:00:00:00:00:01", address: "10.64.0.2", network: null };
const screen = (port: number, open = true, listens: string | null = null) =>
  ({ address: "10.64.0.2", port, listens, open }) as const;
const server = (lease: typeof LEASE | null, vnc: ServerNetwork["vnc"] = null): ServerNetwork => ({
  nics: [{ index: 0, tap: "t1", owner: null, vlan: null, lease, counter: null }],
  vnc,
});
const elementsOf = (servers: readonly ServerNetwork[]) => elements(contents(LAYOUT, servers));

test("a NIC may send from its address, and before it has that, through its own tap", () => {
  assert.equal(
    elementsOf([server(LEASE), server(null)]),
    [
      "flush set bridge guests allowed",
      'add element bridge guests allowed { "t1" . 02:00:00:00:00:01 . 10.64.0.2, "t1" . 02:00:00:00:00:01 . 0.0.0.0 }',
      "flush set ip guests leased",
      "add element ip guests leased { 10.64.0.2 }",
      "flush map ip guests vnc",
      "flush set ip guests vnc_open",
      "",
    ].join("\n"),
  );
});

test("a screen is reached while it is open, and of two at one address the later one is", () => {
  const script = elementsOf([server(null, screen(5901)), server(null, screen(5902))]);
  assert.match(script, /^add element ip guests vnc \{ 10\.64\.0\.2 : 10\.64\.15\.254 \. 5902 \}$/m);
  assert.match(script, /^add element ip guests vnc_open \{ 10\.64\.0\.2 \. 5902 \}$/m);
  assert.ok(!elementsOf([server(null, screen(5901, false))]).includes("add element"));
});

test("a screen is reached where its QEMU listens, wherever that is", () => {
  assert.match(
    elementsOf([server(null, screen(5901, true, "169.254.32.0"))]),
    /^add element ip guests vnc \{ 10\.64\.0\.2 : 169\.254\.32\.0 \. 5901 \}$/m,
  );
});

test("of sets that are known to hold something, what goes is taken out before what comes is put in", () => {
  const set = (name: string, ...members: string[]) =>
    ({ kind: "set", family: "ip", table: "guests", name, members }) as const;
  const before = [set("a", "1", "2"), set("b", "3"), set("c", "4")];
  const after = [set("a", "2", "5"), set("b", "3"), set("c")];
  assert.equal(
    changedElements(before, after),
    [
      "delete element ip guests a { 1 }",
      "delete element ip guests c { 4 }",
      "add element ip guests a { 5 }",
      "",
    ].join("\n"),
  );
  assert.equal(changedElements(after, after), "");
});

const HOSTILE = [
  "",
  "x",
  "10.64.0.2 }",
  "10.64.0.2\n",
  "10.64.0.2, 10.64.0.3",
  "010.64.0.2",
  "10.64.0.256",
  "1.2.3",
  "::1",
];

test("no text that is more or less than an address, or a MAC, gets into a script", () => {
  const network = { prefix: 28, gateway: "203.0.113.1", nameservers: ["192.0.2.1"] };
  const inPool = { ...LEASE, address: "203.0.113.2", network };
  checkLease(LAYOUT, LEASE);
  checkLease(LAYOUT, inPool);
  for (const text of HOSTILE) {
    assert.throws(() => checkAddress(text), Error, text);
    assert.throws(() => checkLease(LAYOUT, { ...LEASE, mac: text }), Error, text);
    assert.throws(() => checkLease(LAYOUT, { ...LEASE, address: text }), Error, text);
    for (const part of [{ gateway: text }, { nameservers: ["192.0.2.1", text] }]) {
      assert.throws(() => checkLease(LAYOUT, { ...inPool, network: { ...network, ...part } }), Error, text);
    }
  }
  for (const prefix of [0, 33, 1.5, Number.NaN]) {
    assert.throws(
      () => checkLease(LAYOUT, { ...inPool, network: { ...network, prefix } }),
      Error,
      String(prefix),
    );
  }
});
