import assert from "node:assert/strict";
import { test } from "node:test";
import type { HostFacts } from "../host/host.ts";
import { capacity, hostPool, operatorPool, poolOf, reserved } from "./pool.ts";

const pool = (network: string, gateway?: string, nameservers: string[] = []) =>
  operatorPool({ network, gateway, nameservers }, "--");

test("a pool gives all of its network but that itself, the broadcast address, the gateway and the name servers", () => {
  const cases: [network: string, gateway: string, nameservers: string[], first: string, capacity: number][] =
    [
      ["203.0.113.0/28", "203.0.113.1", [], "203.0.113.1", 13],
      ["203.0.113.16/28", "203.0.113.30", ["203.0.113.20"], "203.0.113.17", 12],
      ["203.0.113.0/28", "203.0.113.1", ["203.0.113.1", "192.0.2.53"], "203.0.113.1", 13],
      ["203.0.113.0/30", "203.0.113.2", [], "203.0.113.1", 1],
      ["11.0.0.0/8", "11.255.255.254", [], "11.0.0.1", 2 ** 24 - 3],
    ];
  for (const [network, gateway, nameservers, first, size] of cases) {
    const made = pool(network, gateway, nameservers);
    assert.equal(made.first, first, network);
    assert.equal(capacity(made), size, network);
    assert.deepEqual(reserved(made), new Set([gateway, ...nameservers]));
  }
});

const refused: [what: string, make: () => unknown, message: RegExp][] = [
  ["what is no network", () => pool("ten", "10.0.0.1"), /takes an IPv4 network such as .*not "ten"$/],
  ["an address alone", () => pool("203.0.113.1", "203.0.113.1"), /takes an IPv4 network/],
  ["an IPv6 network", () => pool("2001:db8::/64", "2001:db8::1"), /takes an IPv4 network/],
  ["a part above 255", () => pool("203.0.256.0/28", "203.0.113.1"), /takes an IPv4 network/],
  ["a network too narrow", () => pool("203.0.113.0/31", "203.0.113.1"), /prefix from 8 to 30/],
  ["a network too wide", () => pool("16.0.0.0/7", "16.0.0.1"), /prefix from 8 to 30/],
  [
    "an address in a network",
    () => pool("203.0.113.5/28", "203.0.113.1"),
    /in the network 203\.0\.113\.0\/28/,
  ],
  ["a loopback network", () => pool("127.1.0.0/24", "127.1.0.1"), /no guest can be reached/],
  ["a link-local network", () => pool("169.254.1.0/24", "169.254.1.1"), /no guest can be reached/],
  ["a multicast network", () => pool("239.1.0.0/24", "239.1.0.1"), /no guest can be reached/],
  ["no gateway", () => pool("203.0.113.0/28"), /--gateway takes an address from 203\.0\.113\.1 to/],
  ["a gateway elsewhere", () => pool("203.0.113.0/28", "203.0.113.17"), /--gateway takes/],
  ["the network as a gateway", () => pool("203.0.113.0/28", "203.0.113.0"), /--gateway takes/],
  ["the broadcast address as a gateway", () => pool("203.0.113.0/28", "203.0.113.15"), /--gateway takes/],
  ["a name for a name server", () => pool("203.0.113.0/28", "203.0.113.1", ["ns"]), /--nameserver takes/],
  [
    "nothing left to give",
    () => pool("203.0.113.0/30", "203.0.113.1", ["203.0.113.2"]),
    /no address to give/,
  ],
];
for (const [what, make, message] of refused) {
  test(`${what} is refused as usage`, () => {
    assert.throws(make, { type: "usage", message });
  });
}

test("the host's own pool is in its private subnet, where it has one", () => {
  const staticAddresses = {
    ...{ first: "10.64.14.0", last: "10.64.15.252", prefix: 20 },
    ...{ gateway: "10.64.0.1", nameservers: [] },
  };
  const made = hostPool({ staticAddresses } as unknown as HostFacts);
  assert.deepEqual(made, {
    ...staticAddresses,
    network: { base: 0x0a_40_00_00, prefix: 20 },
    origin: "host",
  });
  assert.equal(made && capacity(made), 509);
  assert.equal(hostPool({ staticAddresses: null } as HostFacts), null);
});

test("an address is found in the pool that has it", () => {
  const pools = [pool("203.0.113.0/28", "203.0.113.1"), pool("203.0.113.16/28", "203.0.113.17")];
  assert.equal(poolOf("203.0.113.15", pools), pools[0]);
  assert.equal(poolOf("203.0.113.16", pools), pools[1]);
  assert.equal(poolOf("203.0.113.32", pools), null);
});
