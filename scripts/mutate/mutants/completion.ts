/** Planted bugs in the completion of words. */
import type { Mutant } from "../mutant.ts";

const COMPLETION = "src/cli/lodge/completion/completion.test.ts";
const PACKAGE = "scripts/package/package.test.ts";

export const COMPLETED: readonly Mutant[] = [
  {
    name: "a flag's word is taken for one of the line",
    file: "src/cli/lodge/completion/bash.ts",
    find: ") flag=$word ;;",
    replace: ") ;;",
    tests: [COMPLETION],
  },
  {
    name: "what is offered behind any word is offered behind one that is known",
    file: "src/cli/lodge/completion/states.ts",
    find: "rankOf(one) - rankOf(other)",
    replace: "rankOf(other) - rankOf(one)",
    tests: [COMPLETION],
  },
  {
    name: "words may come behind a whole line",
    file: "src/cli/lodge/completion/states.ts",
    find: "if (!states.has(key)) states.set(key, { typed, choices: [], names: null });",
    replace: "void key;",
    tests: [COMPLETION],
  },
  {
    name: "a usage's second way is lost",
    file: "src/cli/lodge/completion/usage.ts",
    find: ".map((way, index) => {",
    replace: ".slice(0, 1).map((way, index) => {",
    tests: [COMPLETION],
  },
  {
    name: "zsh completes nothing with a script out of its path",
    file: "src/cli/lodge/completion/zsh.ts",
    find: '_lodge "$@"',
    replace: ":",
    tests: [COMPLETION],
  },
  {
    name: "fish offers files where folders are taken",
    file: "src/cli/lodge/completion/fish.ts",
    find: '"__fish_complete_directories $current"',
    replace: '"__fish_complete_path $current"',
    tests: [COMPLETION],
  },
  {
    name: "a tool has no completion in the package",
    file: "scripts/package/completions.ts",
    find: "tools.map(pathOf)",
    replace: "tools.slice(0, 2).map(pathOf)",
    tests: [PACKAGE],
  },
];
