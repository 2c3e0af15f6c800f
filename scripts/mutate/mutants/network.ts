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
];
