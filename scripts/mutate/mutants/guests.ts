/** Planted bugs in guests of the tests, and in what is told of one that does not answer. */
import type { Mutant } from "../mutant.ts";

export const GUESTS: readonly Mutant[] = [
  {
    name: "the sample guest panics where ticks of its timer are late",
    file: "systems/sample/disk.ts",
    find: " edd=off no_timer_check",
    replace: " edd=off",
    tests: ["systems/sample/boot.test.ts"],
  },
  {
    name: "of a guest that does not answer the screen is not told",
    file: "testing/guest/signs.ts",
    find: '["its screen", () => screenOf(cloud, server)],',
    replace: "",
    tests: ["testing/guest/signs.test.ts"],
  },
  {
    name: "what cannot be seen of a guest hides the rest",
    file: "testing/guest/signs.ts",
    find: "await look().catch(unseen)",
    replace: "await look()",
    tests: ["testing/guest/signs.test.ts"],
  },
  {
    name: "a test that fails without the daemon leaves the next one without it",
    file: "testing/cloud.ts",
    find: "    try {\n      await work();\n    } finally {\n      await this.start();\n    }",
    replace: "    await work();\n    await this.start();",
    tests: ["testing/guest/signs.test.ts"],
  },
  {
    name: "what a QEMU said before a reset is what its server is after it",
    file: "src/host/qemu/monitor.ts",
    find: "if (resumed !== this.#resumed) return;",
    replace: "if (resumed < 0) return;",
    tests: ["src/host/qemu/monitor.test.ts"],
  },
];
