/** Planted bugs in images, the command line tools and the scripts. */
import type { Mutant } from "../mutant.ts";

export const TOOLS: readonly Mutant[] = [
  {
    name: "a download whose disk failed meanwhile is told to be whole",
    file: "src/cli/client/sink.ts",
    find: "sizeBytes: number): Promise<void> {\n    await this.#flushing;\n",
    replace: "sizeBytes: number): Promise<void> {\n",
    tests: ["src/cli/client/sink.test.ts"],
  },
  {
    name: "an import takes any content for the right one",
    file: "src/images/import.ts",
    find: "if (sha256 !== null && content.sha256 !== sha256) {",
    replace: "if (sha256 !== null && content.sha256 === '') {",
    tests: ["src/images/import.test.ts"],
  },
  {
    name: "an import goes on behind another content",
    file: "src/images/source.ts",
    find: "const offset = earlier?.source === source ? earlier.offset : 0;",
    replace: "const offset = earlier?.offset ?? 0;",
    tests: ["src/images/source.test.ts"],
  },
  {
    name: "a home is made before the settings are read",
    file: "src/main.ts",
    find: "  const settings = readSettings(args, process.env);\n",
    replace: "  openHome(undefined);\n  const settings = readSettings(args, process.env);\n",
    tests: ["src/settings.test.ts"],
  },
  {
    name: "any log level is taken",
    file: "src/settings.ts",
    find: "LOG_LEVELS.find((each) => each === text)",
    replace: "LOG_LEVELS.find((each) => each === text) ?? (text as 'info')",
    tests: ["src/settings.test.ts"],
  },
  {
    name: "a database is not checked with the other settings",
    file: "src/settings.ts",
    find: "if (database !== undefined) naming",
    replace: "if (database === null) naming",
    tests: ["src/settings.test.ts"],
  },
  {
    name: "--help behind a subcommand is a flag like any other",
    file: "src/cli/lodge/lodge.ts",
    find: "if (asksForHelp(args)) {",
    replace: "if (asksForHelp(args) && subcommand === undefined) {",
    tests: ["src/cli/lodge/subcommands.test.ts"],
  },
  {
    name: "a refusal that stays is tried again",
    file: "src/cli/client/retry.ts",
    find: "if (!(error instanceof Refusal)) return true;",
    replace: "if (error instanceof Error) return true;",
    tests: ["src/cli/client/transfer.test.ts"],
  },
  {
    name: "a download of the wrong size is taken for whole",
    file: "src/cli/client/sink.ts",
    find: "await this.#handle.truncate(this.#at);",
    replace: "await this.#handle.truncate(this.#at + 1);",
    tests: ["src/cli/client/transfer.test.ts", "src/cli/client/transfers.test.ts"],
  },
  {
    name: "files that were not run are no matter",
    file: "scripts/test/outcome.ts",
    find: "passed > 0 && failed === 0 && notRun.length === 0;",
    replace: "passed > 0 && failed === 0 && notRun.length >= 0;",
    tests: ["scripts/test/outcome.test.ts"],
  },
  {
    name: "coverage below the floor is enough",
    file: "scripts/test/coverage.ts",
    find: "const isEnough = floor === null || percent >= floor;",
    replace: "const isEnough = floor === null || percent >= floor - 1;",
    tests: ["scripts/test/coverage.test.ts"],
  },
  {
    name: "a promise that no test shows is passed over",
    file: "scripts/check/promises.ts",
    find: "!promises[number]?.length",
    replace: "promises[number]?.length === -1",
    tests: ["scripts/check/promises.test.ts"],
  },
];
