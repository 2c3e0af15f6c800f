/** Planted bugs in what a process of the host has of others: their screens, their uids, and what they may ask of the kernel. */
import type { Mutant } from "../mutant.ts";

const SCREENS = "test/security/screens.test.ts";
const CALLS = "src/host/process/system-calls.test.ts";
const FILTER = "src/host/process/system-calls.ts";

export const SANDBOXES: readonly Mutant[] = [
  {
    name: "all QEMUs are in the guests' network namespace",
    file: "src/host/process/launcher.ts",
    find: "isSandboxed ? unshare : 0",
    replace: "isSandboxed ? 0 : 0",
    tests: [SCREENS],
  },
  {
    name: "a QEMU may begin what it likes by the link of its screen",
    file: "src/host/network/filter.ts",
    find: "} goto from_screen",
    replace: "} accept",
    tests: [SCREENS],
  },
  {
    name: "who makes sockets of IP makes those of netlink, too",
    file: FILTER,
    find: "const AF_OF_IP = [2, 10];",
    replace: "const AF_OF_IP = [2, 10, 16];",
    tests: [CALLS, SCREENS],
  },
  {
    name: "what is in a sandbox may handle page faults of its own",
    file: FILTER,
    find: "  userfaultfd: [323, 282],\n",
    replace: "",
    tests: [CALLS],
  },
  {
    name: "what is in a sandbox has io_uring",
    file: FILTER,
    find: "  io_uring_setup: [425, 425],\n",
    replace: "",
    tests: [CALLS],
  },
  {
    name: "guests reach the machine by its broadcast addresses",
    file: "src/host/network/world.ts",
    find: "{ local, broadcast, anycast, multicast }",
    replace: "{ local }",
    tests: ["src/host/network/world.test.ts"],
  },
  {
    name: "the guests' namespace sends pings of its own",
    file: "src/host/network/filter.ts",
    find: "icmp type != echo-request accept",
    replace: "meta l4proto icmp accept",
    tests: ["src/host/network/closed-namespace.test.ts"],
  },
  {
    name: "what a server may make of a file is not bounded by its drives",
    file: "src/host/qemu/start-server.ts",
    find: "Math.max(LEAST_FILE_BYTES, ...limits)",
    replace: "Math.max(LEAST_FILE_BYTES, 2 ** 40, ...limits)",
    tests: ["src/host/qemu/confinement.test.ts"],
  },
  {
    name: "servers may be given root's uid",
    file: "src/settings.ts",
    find: "(/^([1-9]\\d{3,9})-",
    replace: "(/^(\\d{4,10})-",
    tests: ["src/settings.test.ts"],
  },
  {
    name: "servers may be given the uid of drives",
    file: "src/host/local.ts",
    find: "if (serverUids !== null) keepOut(",
    replace: "if (serverUids === null) keepOut(",
    tests: ["src/host/local.test.ts"],
  },
  {
    name: "servers have no bound of processes",
    file: "src/host/quota/bounds.ts",
    find: '["memory", "pids", "io"] as const',
    replace: '["memory", "io"] as const',
    tests: ["src/host/quota/bounds.test.ts"],
  },
];
