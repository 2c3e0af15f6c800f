/** Bugs in what makes the run of all tests quick: opening stores on PostgreSQL, and the tests of state on it. */
import type { Mutant } from "../mutant.ts";

const STORE = "src/store/postgres/postgres-store.ts";

export const QUICK_RUNS: readonly Mutant[] = [
  {
    name: "who opens a database waits for those who write in it",
    file: STORE,
    find: "    if (await isUpToDate(db)) return;\n",
    replace: "    void isUpToDate;\n",
    tests: ["src/store/postgres/postgres-store.test.ts"],
  },
  {
    name: "a database whose tables lack a migration is taken for up to date",
    file: STORE,
    find: "Object.keys(MIGRATIONS).every((name)",
    replace: "Object.keys(MIGRATIONS).some((name)",
    tests: ["src/store/postgres/postgres-store.test.ts"],
  },
  {
    name: "tests of state are left out on PostgreSQL",
    file: "test/state/postgres-drives.test.ts",
    find: '  () => import("./imaging.test.ts"),\n',
    replace: "",
    tests: ["scripts/postgres/files.test.ts"],
  },
];
