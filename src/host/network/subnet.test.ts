import assert from "node:assert/strict";
import { test } from "node:test";
import { ipv4Number, networkText, parseNetwork } from "../../base/ipv4.ts";
import { candidates, chooseSubnet, configuredSubnet, isFree, layOut } from "./subnet.ts";

const networks = (...texts: string[]) =>
  texts.map((text) => {
    const network = parseNetwork(text);
    assert.ok(network !== null, text);
    return network;
  });
const choose = (occupied: string[], remembered: string | null = null) => {
  const [last = null] = remembered === null ? [] : networks(remembered);
  const chosen = chooseSubnet(networks(...occupied), last);
  return chosen === null ? null : networkText(chosen);
};

test("the subnet that is chosen meets no network of the machine", () => {
  const cases: [occupied: string[], remembered: string | null, chosen: string | null][] = [
    [[], null, "10.64.0.0/20"],
    [["192.0.2.0/24", "127.0.0.0/8"], null, "10.64.0.0/20"],
    [["10.64.0.0/20"], null, "10.64.16.0/20"],
    [["10.64.0.0/20", "10.64.31.255"], null, "10.64.32.0/20"],
    [["10.0.0.0/8"], null, "172.16.0.0/20"],
    [["10.0.0.0/8", "172.16.0.0/12"], null, "192.168.0.0/20"],
    [["10.0.0.0/8", "172.16.0.0/12", "192.168.1.0/24"], null, "192.168.16.0/20"],
    [["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"], null, "100.64.0.0/20"],
    [["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"], null, null],
  ];
  for (const [occupied, remembered, chosen] of cases) assert.equal(choose(occupied, remembered), chosen);
});

test("default routes, and halves of them as VPN clients set them, take no address away", () => {
  assert.equal(choose(["0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1"]), "10.64.0.0/20");
});

test("the remembered subnet is chosen again for as long as it is free", () => {
  assert.equal(choose(["10.64.0.0/20"], "10.99.0.0/24"), "10.99.0.0/24");
  assert.equal(choose(["10.99.0.128/25"], "10.99.0.0/24"), "10.64.0.0/20");
});

test("candidates do not meet each other", () => {
  const all = [...candidates()];
  assert.equal(all.length, 1024 + 256 + 16 + 1024);
  all.forEach((candidate, index) => {
    assert.ok(isFree(candidate, all.slice(Math.max(0, index - 2), index)));
  });
});

test("the gateway comes first in a subnet and the uplink last", () => {
  const [subnet] = networks("10.64.16.0/20");
  assert.ok(subnet !== undefined);
  assert.deepEqual(layOut(subnet), {
    subnet: "10.64.16.0/20",
    base: "10.64.16.0",
    prefix: 20,
    netmask: "255.255.240.0",
    gateway: "10.64.16.1",
    first: "10.64.16.2",
    last: "10.64.27.255",
    staticFirst: "10.64.28.0",
    staticLast: "10.64.31.252",
    outer: "10.64.31.253",
    inner: "10.64.31.254",
  });
});

test("the upper quarter of every subnet is for static addresses, and meets nothing else", () => {
  const cases: [subnet: string, first: string, last: string, staticFirst: string, staticLast: string][] = [
    ["10.0.0.0/8", "10.0.0.2", "10.191.255.255", "10.192.0.0", "10.255.255.252"],
    ["172.16.0.0/16", "172.16.0.2", "172.16.191.255", "172.16.192.0", "172.16.255.252"],
    ["10.1.2.0/24", "10.1.2.2", "10.1.2.191", "10.1.2.192", "10.1.2.252"],
    ["10.1.2.32/27", "10.1.2.34", "10.1.2.55", "10.1.2.56", "10.1.2.60"],
    ["10.1.2.16/28", "10.1.2.18", "10.1.2.27", "10.1.2.28", "10.1.2.28"],
    ["10.1.2.8/29", "10.1.2.10", "10.1.2.11", "10.1.2.12", "10.1.2.12"],
  ];
  for (const [subnet, ...expected] of cases) {
    const { first, last, staticFirst, staticLast } = layOut(configuredSubnet(subnet));
    assert.deepEqual([first, last, staticFirst, staticLast], expected, subnet);
  }
  for (let prefix = 8; prefix <= 29; prefix++) {
    const layout = layOut(configuredSubnet(`10.0.0.0/${prefix}`));
    const { gateway, first, last, staticFirst, staticLast, outer, inner } = layout;
    const inOrder = [gateway, first, last, staticFirst, staticLast, outer, inner].map(ipv4Number);
    assert.deepEqual(
      inOrder,
      inOrder.toSorted((a, b) => a - b),
      `/${prefix}`,
    );
    assert.equal(ipv4Number(first), ipv4Number(gateway) + 1);
    assert.equal(ipv4Number(staticFirst), ipv4Number(last) + 1);
    assert.equal(ipv4Number(outer), ipv4Number(staticLast) + 1);
  }
});

test("a subnet that is configured must be a network, and have room", () => {
  assert.equal(networkText(configuredSubnet("10.1.2.3/24")), "10.1.2.0/24");
  for (const text of ["", "ten", "10.0.0.0", "10.0.0.0/30", "10.0.0.0/33", "10.0.0.256/24", "fd00::/64"]) {
    assert.throws(() => configuredSubnet(text), /takes an IPv4 network/, text);
  }
});
