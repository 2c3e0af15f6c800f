/** Planted bugs in what each process that works on drives has for itself. */
import type { Mutant } from "../mutant.ts";

const CAGES = "src/host/volumes/cages.test.ts";
const CAGE = "src/host/process/cage.ts";

export const CAGED: readonly Mutant[] = [
  {
    name: "a worker begins before it is bounded",
    file: CAGE,
    find: "if (pid !== null) await cage.admit(pid);",
    replace:
      "if (pid !== null) void new Promise((done) => setTimeout(done, 2000)).then(() => cage.admit(pid));",
    tests: [CAGES],
  },
  {
    name: "the groups of a worker stay when it has ended",
    file: "src/host/process/worker.ts",
    find: "  await cage.clear();\n",
    replace: "",
    tests: [CAGES],
  },
  {
    name: "a worker has no bound of memory",
    file: "src/host/volumes/cages.ts",
    find: "{ memoryBytes: GIB, processes });",
    replace: "{ memoryBytes: 1024 * GIB, processes });",
    tests: [CAGES],
  },
  {
    name: "the groups of a storage daemon stay when it has ended",
    file: "src/host/volumes/storage-daemon.ts",
    find: "if (!stays) await this.#options.cage.clear();",
    replace: "",
    tests: [CAGES],
  },
  {
    name: "a storage daemon that is found is bounded by nothing",
    file: "src/host/volumes/storage-daemon.ts",
    find: "this.#options.cage.admit(found.pid)",
    replace: "Promise.resolve()",
    tests: [CAGES],
  },
  {
    name: "a worker that outlived its daemon goes on for the next one",
    file: "src/host/volumes/cages.ts",
    find: "for (const name of left) await this.#clear(name);",
    replace: "void left;",
    tests: [CAGES],
  },
];
