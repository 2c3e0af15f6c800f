/** Bugs in what makes the run of all tests quick: opening stores on PostgreSQL, and booting guests in emulation. */
import type { Mutant } from "../mutant.ts";

const STORE = "src/store/postgres/postgres-store.ts";
const LOADER = "systems/sample/loader.ts";

export const QUICK_RUNS: readonly Mutant[] = [
  {
    name: "who opens a database waits for those who write in it",
    file: STORE,
    find: "    if (isUpToDate) return;\n",
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
  {
    name: "the kernel's loader takes no longer matches",
    file: LOADER,
    find: "...[0x3c, 0xff, 0x74, 0xf7], //                         cmp al,255; je further",
    replace: "...[0x90, 0x90, 0x90, 0x90],",
    tests: ["systems/sample/boot.test.ts"],
  },
  {
    name: "a kernel that is not packed as it must be is packed all the same",
    file: "systems/sample/kernel.ts",
    find: "if (!payload.subarray(0, XZ_MAGIC.length).equals(XZ_MAGIC)) throw",
    replace: "if (payload.length < 0) throw",
    tests: ["systems/sample/kernel.test.ts"],
  },
  {
    name: "a loader and its kernel reach into where that is unpacked",
    file: LOADER,
    find: "if (places.loadAddress + whole.length > tables) throw",
    replace: "if (whole.length < 0) throw",
    tests: ["systems/sample/kernel.test.ts"],
  },
];
