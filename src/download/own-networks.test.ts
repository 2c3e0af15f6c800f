import assert from "node:assert/strict";
import { networkInterfaces } from "node:os";
import { test } from "node:test";
import { ownNetworks, routedNetworks } from "./own-networks.ts";

const TABLE = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0
tun0\t00000080\t00000000\t0001\t0\t0\t0\t00000080\t0\t0\t0
eth0\t000200C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0
lodge\t0A7100CB\t0100FEA9\t0007\t0\t0\t0\tFFFFFFFF\t0\t0\t0
`;

test("the networks that routes lead to are the machine's own, but for the default and halves of it", () => {
  assert.deepEqual(routedNetworks(TABLE), ["192.0.2.0/24", "203.0.113.10/32"]);
});

test("a table of routes that is not there, or no table, has no networks", () => {
  for (const text of ["", "\n", "Iface\n", "Iface\nlo\n", "Iface\neth0 zz 00 1 2 3 4 FF\n"])
    assert.deepEqual(routedNetworks(text), []);
});

test("the networks of the machine's interfaces are its own", () => {
  const cidrs = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ cidr }) => cidr));
  for (const cidr of cidrs) assert.ok(ownNetworks().includes(cidr ?? ""), `${cidr}`);
});
