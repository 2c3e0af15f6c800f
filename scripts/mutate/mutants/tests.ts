/** Planted bugs in what keeps a run of the tests short. */
import type { Mutant } from "../mutant.ts";

export const TESTS: readonly Mutant[] = [
  {
    name: "down opens no cloud, though it has servers whose ends are to be recorded",
    file: "src/cli/lodge/down.ts",
    find: "if (have.includes(true))",
    replace: "if (!have)",
    tests: ["test/down.test.ts"],
  },
  {
    name: "down opens a cloud that has no servers",
    file: "src/cli/lodge/down.ts",
    find: "if (have.includes(true))",
    replace: "if (have)",
    tests: ["test/down.test.ts"],
  },
  {
    name: "a database is given to a test with what the last one left in it",
    file: "testing/stores.ts",
    find: "execute format('delete from public.%I', name)",
    replace: "null",
    tests: ["testing/stores.test.ts"],
  },
  {
    name: "what migrations wrote is not there for the second test that is given a database",
    file: "testing/stores.ts",
    find: "    execute format('insert into public.%1$I select * from first_rows.%1$I', name);",
    replace: "    null;",
    tests: ["testing/stores.test.ts"],
  },
  {
    name: "the files that take longest begin last",
    file: "scripts/test/files.ts",
    find: "b.seconds - a.seconds",
    replace: "a.seconds - b.seconds",
    tests: ["scripts/test/files.test.ts"],
  },
  {
    name: "of each group of small test files one is not run",
    file: "scripts/test/groups.ts",
    find: "const imports = of.map(",
    replace: "const imports = of.slice(1).map(",
    tests: ["scripts/test/groups.test.ts"],
  },
  {
    name: "a test file is in two groups",
    file: "scripts/test/groups.ts",
    find: "at % most === group",
    replace: "at % most === group || at === 0",
    tests: ["scripts/test/groups.test.ts"],
  },
  {
    name: "what loads test files by itself shares its process with them",
    file: "scripts/test/groups.ts",
    find: " && !ALONE.some((pattern) => matchesGlob(file, pattern))",
    replace: "",
    tests: ["scripts/test/groups.test.ts"],
  },
  {
    name: "of a group that the run's limit ended the files are not named",
    file: "scripts/test/tally.ts",
    find: "return this.#membersOf(relative(this.#root, path));",
    replace: "return [relative(this.#root, path)];",
    tests: ["scripts/test/tally.test.ts"],
  },
];
