/** Planted bugs in how a server ends, in TLS, behind proxies, and in what callers take. */
import type { Mutant } from "../mutant.ts";

const PIECES = "src/http/pieces.test.ts";

export const DRAINS: readonly Mutant[] = [
  {
    name: "lists of all servers of a process share their turns",
    file: "src/http/pieces.ts",
    find: "export const slotsForLists = () => new KeyedSlots(LISTS_AT_ONCE);",
    replace: "const all = new KeyedSlots(LISTS_AT_ONCE);\nexport const slotsForLists = () => all;",
    tests: [PIECES],
  },
];
