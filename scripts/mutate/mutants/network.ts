/** Planted bugs of the guests' network and of their screens. */
import type { Mutant } from "../mutant.ts";

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
    file: "src/host/network/filter.ts",
    find: "type filter hook output priority filter; policy drop;",
    replace: "type filter hook output priority filter; policy accept;",
    tests: ["src/host/network/closed-namespace.test.ts"],
  },
  {
    name: "what comes from a port of QEMU's screens passes as an answer",
    file: "src/host/network/filter.ts",
    find: "tcp sport ${VNC} ct direction reply accept",
    replace: "tcp sport ${VNC} accept",
    tests: ["src/host/network/closed-namespace.test.ts"],
  },
];
