/** Planted bugs in rules: locks, placement, addresses, networks, who may do what. */
import type { Mutant } from "../mutant.ts";

const PLACEMENT = "src/placement/servers.test.ts";
const FILTER = "src/host/network/filter.test.ts";

export const RULES: readonly Mutant[] = [
  {
    name: "work under one key goes side by side",
    file: "src/base/keyed-lock.ts",
    find: "const result = (this.#tails.get(key) ?? Promise.resolve())",
    replace: 'const result = (this.#tails.get("") ?? Promise.resolve())',
    tests: ["src/base/keyed-lock.test.ts"],
  },
  {
    name: "who wants to be alone does not wait for readers",
    file: "src/base/read-write-lock.ts",
    find: "const done = this.#after(this.#all, work);",
    replace: "const done = this.#after(this.#lastAlone, work);",
    tests: ["src/base/read-write-lock.test.ts"],
  },
  {
    name: "memory is allocated whether there is any or not",
    file: "src/placement/servers.ts",
    find: "const withMemory = hosts.filter((host) => need.memMib <= freeMemMib(host));",
    replace: "const withMemory = hosts.filter((host) => need.memMib <= mostOf(host).memMib);",
    tests: [PLACEMENT],
  },
  {
    name: "CPU is allocated once",
    file: "src/placement/servers.ts",
    find: "mostOf(host).cpuMhz * CPU_OVERCOMMIT - host.allocatedMhz",
    replace: "mostOf(host).cpuMhz - host.allocatedMhz",
    tests: [PLACEMENT],
  },
  {
    name: "a server goes to the fullest host",
    file: "src/placement/servers.ts",
    find: "freeMemMib(b) - freeMemMib(a) ||",
    replace: "freeMemMib(a) - freeMemMib(b) ||",
    tests: [PLACEMENT],
  },
  {
    name: "what a drive or a server avoids is not heeded",
    file: "src/placement/hosts.ts",
    find: "hosts.filter(({ name }) => avoided.every(({ host }) => host !== name))",
    replace: "hosts.filter(({ name }) => avoided.every(({ host }) => host !== name || name !== ''))",
    tests: ["src/placement/drives.test.ts"],
  },
  {
    name: "the reserve of a disk is given away",
    file: "src/placement/drives.ts",
    find: "diskBytes - DISK_RESERVE_BYTES - allocatedDiskBytes",
    replace: "diskBytes - allocatedDiskBytes",
    tests: ["src/placement/drives.test.ts"],
  },
  {
    name: "an address that a server uses is given to another",
    file: "src/resources/addresses.ts",
    find: "return numInsertedOrUpdatedRows === 1n;",
    replace: "return numInsertedOrUpdatedRows !== undefined;",
    tests: ["test/state/lifecycle.test.ts"],
  },
  {
    name: "an address that a user holds is given by auto",
    file: "src/resources/addresses.ts",
    find: "  if (held !== undefined) return false;\n",
    replace: "",
    tests: ["test/state/resources.test.ts"],
  },
  {
    name: "the gateway of a pool is given out",
    file: "src/resources/pool.ts",
    find: "return new Set([gateway, ...nameservers]);",
    replace: "return new Set(nameservers.filter((address) => address !== gateway));",
    tests: ["src/resources/pool.test.ts"],
  },
  {
    name: "a subnet that the machine knows is taken",
    file: "src/host/network/subnet.ts",
    find: "overlap(subnet, other));",
    replace: "!overlap(subnet, subnet));",
    tests: ["src/host/network/subnet.test.ts"],
  },
  {
    name: "of two leases of one address the earlier counts",
    file: "src/host/network/offers.ts",
    find: "if (lease !== null) leases.set(lease.address, lease);",
    replace: "if (lease !== null && !leases.has(lease.address)) leases.set(lease.address, lease);",
    tests: ["src/host/network/offers.test.ts"],
  },
  {
    name: "the set of who may send from which address is not filled",
    file: "src/host/network/filter.ts",
    find: 'fill("bridge", "allowed", "set", allowed),',
    replace: 'fill("bridge", "allowed", "set", allowed.slice(allowed.length)),',
    tests: [FILTER],
  },
  {
    name: "a guest may send from any address once it has a tap",
    file: "src/host/network/filter.ts",
    find: "type filter hook prerouting priority dstnat; policy drop;",
    replace: "type filter hook prerouting priority dstnat; policy accept;",
    tests: ["src/host/network/spoofing.test.ts"],
  },
  {
    name: "a screen that was closed is still reached",
    file: "src/host/network/filter.ts",
    find: "if (screen?.open) vnc.set(",
    replace: "if (screen) vnc.set(",
    tests: [FILTER],
  },
  {
    name: "all VLANs are one",
    file: "src/host/network/vlans.ts",
    find: ".find((nic) => nic.vlan?.uuid === vlan)",
    replace: ".find((nic) => nic.vlan !== null)",
    tests: ["src/host/network/vlans.test.ts"],
  },
  {
    name: "guests reach each other beside their gateway",
    file: "src/host/network/taps.ts",
    find: "type bridge_slave isolated on",
    replace: "type bridge_slave isolated off",
    tests: ["src/host/network/bridged.test.ts"],
  },
  {
    name: "a route of the machine's own is taken over",
    file: "src/host/network/routes.ts",
    find: 'return run(["ip", "route", "add",',
    replace: 'return run(["ip", "route", "replace",',
    tests: ["src/host/network/pools.test.ts"],
  },
];
