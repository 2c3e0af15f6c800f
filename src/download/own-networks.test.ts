import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ownNetworks, routedNetworks, routedNetworks6 } from "./own-networks.ts";

const TABLE = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0
tun0\t00000080\t00000000\t0001\t0\t0\t0\t00000080\t0\t0\t0
eth0\t000200C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0
lodge\t0A7100CB\t0100FEA9\t0007\t0\t0\t0\tFFFFFFFF\t0\t0\t0
`;

test("the networks that routes lead to are the machine's own, but for the default and halves of it", () => {
  assert.deepEqual(routedNetworks(TABLE), ["192.0.2.0/24", "203.0.113.10/32"]);
});

const NONE = "0".repeat(32);
const TABLE_6 = [
  `${NONE} 00 ${NONE} 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003     eth0`,
  `20000000000000000000000000000000 03 ${NONE} 00 ${NONE} 00000400 00000001 00000000 00000001     tun0`,
  `20010db8000100000000000000000000 30 ${NONE} 00 ${NONE} 00000400 00000001 00000000 00000001     wg0`,
  `fd000000000000000000000000000000 08 ${NONE} 00 ${NONE} 00000400 00000001 00000000 00000001     wg0`,
  "",
].join("\n");

test("so are those that routes of IPv6 lead to", () => {
  assert.deepEqual(routedNetworks6(TABLE_6), [
    "2001:0db8:0001:0000:0000:0000:0000:0000/48",
    "fd00:0000:0000:0000:0000:0000:0000:0000/8",
  ]);
});

test("the kernel's own tables are read, of both", (t) => {
  const proc = mkdtempSync(join(tmpdir(), "lodge-routes-"));
  t.after(() => rmSync(proc, { recursive: true }));
  writeFileSync(join(proc, "route"), TABLE);
  writeFileSync(join(proc, "ipv6_route"), TABLE_6);
  const networks = ownNetworks(proc);
  for (const routed of ["192.0.2.0/24", "2001:0db8:0001:0000:0000:0000:0000:0000/48"])
    assert.ok(networks.includes(routed), routed);
});

test("a table of routes that is not there, or no table, has no networks", () => {
  for (const text of ["", "\n", "Iface\n", "Iface\nlo\n", "Iface\neth0 zz 00 1 2 3 4 FF\n"])
    assert.deepEqual([...routedNetworks(text), ...routedNetworks6(text)], []);
});

test("the networks of the machine's interfaces are its own", () => {
  const cidrs = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ cidr }) => cidr));
  for (const cidr of cidrs) assert.ok(ownNetworks().includes(cidr ?? ""), `${cidr}`);
});
