/** Planted bugs in rules: locks, placement, addresses, networks. */
import type { Mutant } from "../mutant.ts";

const PLACEMENT = "src/placement/servers.test.ts";

export const RULES: readonly Mutant[] = [
  {
    name: "work under one key goes side by side",
    file: "src/base/keyed-lock.ts",
    find: "const before = tails.get(key) ?? Promise.resolve();",
    replace: 'const before = tails.get("") ?? Promise.resolve();',
    tests: ["src/base/keyed-lock.test.ts"],
  },
  {
    name: "who wants to be alone does not wait for readers",
    file: "src/base/read-write-lock.ts",
    find: "const done = after(queue.all, uuid, queue, work);",
    replace: "const done = after(queue.last, uuid, queue, work);",
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
    find: "mostOf(host).cpuMhz * CPU_OVERCOMMIT - host.promisedMhz",
    replace: "mostOf(host).cpuMhz - host.promisedMhz",
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
    name: "what a drive avoids is not heeded",
    file: "src/placement/drives.ts",
    find: "avoided.every(({ host }) => host !== name)",
    replace: "avoided.some(({ host }) => host !== name)",
    tests: ["src/placement/drives.test.ts"],
  },
  {
    name: "the reserve of a disk is given away",
    file: "src/placement/drives.ts",
    find: "diskBytes - DISK_RESERVE_BYTES - promisedBytes",
    replace: "diskBytes - promisedBytes",
    tests: ["src/placement/drives.test.ts"],
  },
  {
    name: "a taken address is given out",
    file: "src/resources/addresses.ts",
    find: "const free = (number: number) => !taken.has(ipv4Text(number));",
    replace: "const free = (number: number) => number > 0 || !taken.has(ipv4Text(number));",
    tests: ["src/resources/addresses.test.ts"],
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
];
