/** Planted bugs of the guests' network and of their screens. */
import type { Mutant } from "../mutant.ts";

const WORLD = "src/host/network/world.ts";
const WORLD_TESTS = ["src/host/network/world.test.ts"];
const DHCP = "src/host/network/dhcp.ts";
const DHCP_TESTS = ["src/host/network/dhcp.test.ts"];
const FILTER = "src/host/network/filter.ts";
const ABUSE_TESTS = ["src/host/network/abuse.test.ts"];
const FIREWALL_TESTS = ["src/host/network/firewall.test.ts"];

export const NETWORK: readonly Mutant[] = [
  {
    name: "a viewer that asks to be the only one throws others out",
    file: "src/host/qemu/command-line.ts",
    find: "none,password=on,share=ignore",
    replace: "none,password=on",
    tests: ["src/host/qemu/vnc/viewers.test.ts"],
  },
  {
    name: "a viewer that asks to be the only one is turned away",
    file: "src/host/qemu/command-line.ts",
    find: "none,password=on,share=ignore",
    replace: "none,password=on,share=force-shared",
    tests: ["src/host/qemu/vnc/viewers.test.ts"],
  },
  {
    name: "what runs in the guests' namespace may send what it likes",
    file: FILTER,
    find: "type filter hook output priority filter; policy drop;",
    replace: "type filter hook output priority filter; policy accept;",
    tests: ["src/host/network/closed-namespace.test.ts"],
  },
  {
    name: "what comes from a port of QEMU's screens passes as an answer",
    file: FILTER,
    find: "ct direction reply accept",
    replace: "accept",
    tests: ["src/host/network/closed-namespace.test.ts"],
  },
  {
    name: "guests reach what listens on the machine",
    file: WORLD,
    find: "    drop\n  }",
    replace: "    accept\n  }",
    tests: WORLD_TESTS,
  },
  {
    name: "the machine's own ports are judged once others led them elsewhere",
    file: WORLD,
    find: "type filter hook prerouting priority mangle; policy accept;",
    replace: "type filter hook input priority filter; policy accept;",
    tests: WORLD_TESTS,
  },
  {
    name: "a guest port is open for either protocol",
    file: "src/host/network/guest-ports.ts",
    find: "return port.protocol === null",
    replace: "return range !== null",
    tests: [...WORLD_TESTS, "src/host/network/guest-ports.test.ts"],
  },
  {
    name: "a damaged file keeps guest ports open",
    file: "src/host/network/guest-ports.ts",
    find: "  if (text === NONE) return [];",
    replace: '  if (text === NONE || text === "") return [{ first: 1, last: 65535, protocol: null }];',
    tests: ["src/host/network/guest-ports.test.ts"],
  },
  {
    name: "rules that somebody removed are thought to stand",
    file: "src/host/network/standing-rules.ts",
    find: "|| now === seen) return false;",
    replace: "|| now !== seen) return false;",
    tests: FIREWALL_TESTS,
  },
  {
    name: "elements that somebody removed or added are not noticed",
    file: "src/host/network/firewall.ts",
    find: "return areWhole ?",
    replace: "return areWhole || !areWhole ?",
    tests: FIREWALL_TESTS,
  },
  {
    name: "a server fails to start where the firewall's sets were removed a moment ago",
    file: "src/host/network/firewall.ts",
    find: "      return this.raise();\n    });",
    replace: "      throw error;\n    });",
    tests: FIREWALL_TESTS,
  },
  {
    name: "a part that cannot be looked at is taken for one that is out of order",
    file: "src/host/network/upkeep.ts",
    find: "      this.#unseen.add(part);\n      return null;",
    replace: "      this.#unseen.add(part);\n      return false;",
    tests: ["src/host/network/upkeep.test.ts"],
  },
  {
    name: "the DHCP server has the daemon's environment",
    file: DHCP,
    find: 'programPath("env"), "-i",',
    replace: 'programPath("env"),',
    tests: DHCP_TESTS,
  },
  {
    name: "the DHCP servers of all clouds have one uid",
    file: DHCP,
    find: "return UIDS.first + (Number.parseInt(id, 16) % UIDS.count);",
    replace: "return UIDS.first + (Number.parseInt(id, 16) % 1);",
    tests: DHCP_TESTS,
  },
  {
    name: "a process is thought to have ended where no descriptor is free to look",
    file: "src/host/process/process.ts",
    find: '["EMFILE", "ENFILE", "ENOMEM"].includes(error.code ?? "")',
    replace: 'error.code === "ENOMEM"',
    tests: DHCP_TESTS,
  },
  {
    name: "a program that cannot be started for want of descriptors ends the daemon",
    file: "src/host/process/fork-server.ts",
    find: "  if (child.pid === undefined) throw",
    replace: "  if (child.pid === 0) throw",
    tests: ["src/host/process/fork-server.test.ts"],
  },
  {
    name: "frames to the groups of a link teach the bridge MACs",
    file: "src/host/network/bridge.ts",
    find: "type bridge group_fwd_mask",
    replace: "type bridge ageing_time",
    tests: ABUSE_TESTS,
  },
  {
    name: "frames to the group of LACP pass the rules by",
    file: FILTER,
    find: "    ether daddr & ff:ff:ff:ff:ff:f0 == 01:80:c2:00:00:00 drop\n",
    replace: "",
    tests: ABUSE_TESTS,
  },
  {
    name: "whoever a guest looks for is looked for on the bridge",
    file: FILTER,
    find: "ip daddr != @leased reject with icmp host-unreachable",
    replace: "ip daddr == @leased accept",
    tests: ABUSE_TESTS,
  },
  {
    name: "a guest may ask by ARP as often as it likes",
    file: FILTER,
    find: "const ARP = { perSecond: 100,",
    replace: "const ARP = { perSecond: 100_000,",
    tests: ABUSE_TESTS,
  },
  {
    name: "answers for others' addresses wait in one queue",
    file: "src/host/network/bridge.ts",
    find: "/proxy_delay`,",
    replace: "/delay_first_probe_time`,",
    tests: ABUSE_TESTS,
  },
];
