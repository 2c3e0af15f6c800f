import assert from "node:assert/strict";
import { test } from "node:test";
import { AddressJudge } from "./judge.ts";

const nobodys = () => [];

const PUBLIC = [
  ...["1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255"],
  ...["128.0.0.1", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0"],
  ...["192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "198.51.99.255", "203.0.112.255"],
  ...["203.0.114.0", "223.255.255.255", "193.99.144.80", "185.199.108.153"],
  ...[
    "2001:4860:4860::8888",
    "2606:4700::1111",
    "2a02:2e0:3fe:1001:302::",
    "2001:200::1",
    "2620:0:2d0:200::7",
  ],
];

const NOT_PUBLIC = [
  // This network, private, shared (CGNAT), loopback, link-local with clouds' metadata.
  ...["0.0.0.0", "0.255.255.255", "10.0.0.1", "10.255.255.255", "100.64.0.0", "100.127.255.255", "127.0.0.1"],
  ...["127.255.255.254", "169.254.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.168.0.1"],
  // Protocol assignments, documentation, 6to4 relays, benchmarking, multicast, reserved, broadcast.
  ...[
    "192.0.0.1",
    "192.0.0.170",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.255.255",
    "198.18.0.1",
    "198.19.255.255",
  ],
  ...["198.51.100.1", "203.0.113.255", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"],
  // Unspecified, loopback, link-local, with a zone too, site-local, unique local, multicast.
  ...["::", "::1", "fe80::1", "fe80::1%lo", "febf::1", "fec0::1", "fc00::1", "fd12:3456::1", "ff02::1"],
  // IPv4 within IPv6: mapped in either spelling, compatible, translated (NAT64), 6to4, Teredo.
  ...["::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "::7f00:1"],
  ...["64:ff9b::7f00:1", "64:ff9b::10.0.0.1", "64:ff9b::8.8.8.8", "64:ff9b:1::1", "2002:7f00:1::1"],
  ...["2002:a00:1::", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "::ffff:0:127.0.0.1"],
  // Discard, benchmarking, ORCHID, documentation, segment routing, what is not assigned.
  ...[
    "100::1",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "3fff::1",
    "3ffe::1",
    "5f00::1",
    "4000::1",
  ],
  // No address at all.
  ...["", "localhost", "127.1", "2130706433", "0x7f.0.0.1", "127.0.0.1 ", "[::1]", "1.1.1.1/8"],
];

const judge = new AddressJudge([], nobodys);

for (const address of PUBLIC) {
  test(`${address} is fetched from`, () => {
    assert.ok(judge.allows(address, 80));
    assert.ok(judge.allows(address, 443));
  });
}

for (const address of NOT_PUBLIC) {
  test(`"${address}" is not fetched from`, () => {
    assert.ok(!judge.allows(address, 80));
    assert.ok(!judge.allows(address, 443));
  });
}

test("of public addresses no other ports are fetched from than those of HTTP and HTTPS", () => {
  for (const port of [0, 22, 25, 79, 81, 444, 6379, 8080, 65_535]) assert.ok(!judge.allows("1.1.1.1", port));
});

test("a public address of a network that the machine is in is not fetched from, as long as it is in it", () => {
  let own: readonly string[] = ["193.99.144.80/26", "2a02:2e0::1/64"];
  const near = new AddressJudge([], () => own);
  assert.ok(!near.allows("193.99.144.85", 443));
  assert.ok(!near.allows("2a02:2e0::abcd", 443));
  assert.ok(near.allows("193.99.144.130", 443));
  own = [];
  assert.ok(near.allows("193.99.144.85", 443));
});

test("what the operator allows is fetched from whatever it is, on any port, in whatever way it is spelled", () => {
  const allowing = new AddressJudge(["127.0.0.0/8", "fd00:1::/64", "192.168.7.4"], () => ["192.168.7.0/24"]);
  for (const [address, port] of [
    ["127.0.0.1", 3000],
    ["::ffff:127.0.0.1", 3000],
    ["fd00:1::9", 8080],
    ["192.168.7.4", 22],
    ["1.1.1.1", 443],
  ] as const)
    assert.ok(allowing.allows(address, port), address);
  for (const address of ["192.168.7.5", "fd00:2::9", "10.0.0.1"]) assert.ok(!allowing.allows(address, 80));
});
