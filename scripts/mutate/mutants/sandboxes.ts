/** Planted bugs in what a process of the host has of others: their screens, their uids, and what they may ask of the kernel. */
import type { Mutant } from "../mutant.ts";

const SCREENS = "test/security/screens.test.ts";
const CALLS = "src/host/process/system-calls.test.ts";
const FILTER = "src/host/process/system-calls.ts";

export const SANDBOXES: readonly Mutant[] = [
  {
    name: "all QEMUs are in the guests' network namespace",
    file: "src/host/process/sandbox.ts",
    find: 'network === "none" || taps !== undefined',
    replace: 'network === "none" || taps === null',
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
];
