/** Planted bugs in what patterns cost. */
import type { Mutant } from "../mutant.ts";

const PATTERNS = "scripts/check/pattern-cost.test.ts";

export const EDGES: readonly Mutant[] = [
  {
    name: "the pattern of credentials is of quadratic cost",
    file: "src/http/credentials.ts",
    find: "/^basic +([a-z0-9+/_-]+={0,2}) *$/i",
    replace: "/^basic +([a-z0-9+/_-]+={0,2} *)* *$|\\s+$/i",
    tests: [PATTERNS],
  },
  {
    name: "attacks on patterns end with what the patterns take",
    file: "scripts/check/attacks.ts",
    find: 'const SUFFIXES = ["", "\\0", "\\n\\0"];',
    replace: 'const SUFFIXES = [""];',
    tests: [PATTERNS],
  },
  {
    name: "the attacks that cost the least go on to longer texts",
    file: "scripts/check/pattern-cost.ts",
    find: "timed.sort((a, b) => b.ms - a.ms);",
    replace: "timed.sort((a, b) => a.ms - b.ms);",
    tests: [PATTERNS],
  },
];
