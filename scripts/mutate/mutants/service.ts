/** Planted bugs in the daemon as a service, and in its package. */
import type { Mutant } from "../mutant.ts";

const MANAGER = "src/service/service-manager.test.ts";
const SERVICE = "test/service.test.ts";
const PACKAGE = "scripts/package/package.test.ts";

export const SERVICES: readonly Mutant[] = [
  {
    name: "a beat is told of what does not answer",
    file: "src/service/service-manager.ts",
    find: "if (await this.#isWell(answers, everyMs)) await",
    replace: "await this.#isWell(answers, everyMs);\n      await",
    tests: [MANAGER],
  },
  {
    name: "a refusal is taken for a hang",
    file: "src/service/service-manager.ts",
    find: "if (!(error instanceof DeadlineExceeded)) return true;",
    replace: "if (!(error instanceof DeadlineExceeded)) return false;",
    tests: [MANAGER],
  },
  {
    name: "what the daemon starts is told of its service manager",
    file: "src/service/service-manager.ts",
    find: '["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"]) delete',
    replace: '["WATCHDOG_USEC", "WATCHDOG_PID"]) delete',
    tests: [MANAGER],
  },
  {
    name: "beats that another process owes are told",
    file: "src/service/service-manager.ts",
    find: "const isOurs = !pid || Number(pid) === process.pid;",
    replace: "const isOurs = !pid || Number(pid) > 0;",
    tests: [MANAGER],
  },
  {
    name: "beats are told after the stop has begun",
    file: "src/service/service-manager.ts",
    find: "if (everyMs === null || this.#isStopping) return;",
    replace: "if (everyMs === null) return;",
    tests: [MANAGER],
  },
  {
    name: "a service manager is not told of a stop",
    file: "src/main.ts",
    find: "    void manager?.stopping();\n",
    replace: "",
    tests: [SERVICE],
  },
  {
    name: "servers end with the service",
    file: "src/service/unit.ts",
    find: "KillMode=process\nOOMPolicy",
    replace: "KillMode=control-group\nOOMPolicy",
    tests: [SERVICE],
  },
  {
    name: "the service has mounts of its own, and the next start none of them",
    file: "src/service/unit.ts",
    find: "KeyringMode=private",
    replace: "KeyringMode=private\nPrivateTmp=yes",
    tests: [SERVICE],
  },
  {
    name: "the service lacks a right that it needs",
    file: "src/service/unit.ts",
    find: '"CAP_SETUID", ',
    replace: "",
    tests: [SERVICE],
  },
  {
    name: "the service may set the clock",
    file: "src/service/unit.ts",
    find: '"@clock", ',
    replace: "",
    tests: [SERVICE],
  },
  {
    name: "a unit that its operator changed is replaced",
    file: "src/cli/lodge/service-unit.ts",
    find: "digest === digestOf(text.slice(line.length))",
    replace: "digest !== undefined",
    tests: [SERVICE],
  },
  {
    name: "systemd puts variables into a word of the command line",
    file: "src/service/unit.ts",
    find: 'literal.replaceAll("$", "$$$$")',
    replace: "literal",
    tests: [SERVICE],
  },
  {
    name: "a database's password is written where all can read it",
    file: "src/cli/lodge/service-install.ts",
    find: "if (hasPassword(settings.database))",
    replace: "if (hasPassword())",
    tests: [SERVICE],
  },
  {
    name: "a sandboxer that does not work is passed over without a word",
    file: "src/host/process/sandbox.ts",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of a template.
    find: 'obstacle: `bwrap does not work here: ${why || "it ends without a word"}`',
    replace: "obstacle: null",
    tests: ["src/host/process/sandbox.test.ts"],
  },
  {
    name: "the start does not say that there is no sandbox",
    file: "src/main.ts",
    find: "if (sandboxObstacle !== null)",
    replace: "if (sandboxObstacle === '')",
    tests: ["test/start.test.ts"],
  },
  {
    name: "a mirror of updates alone is taken for one of the release",
    file: "systems/debian-12/archive.ts",
    find: "/-(updates|security) main$/",
    replace: "/-(security) main$/",
    tests: ["systems/debian-12/archive.test.ts"],
  },
  {
    name: "the package does not depend on what bridges need",
    file: "scripts/package/control.ts",
    find: '["drives and servers", "bridges"]',
    replace: '["drives and servers"]',
    tests: [PACKAGE],
  },
  {
    name: "the package brings what is for development",
    file: "scripts/package/modules.ts",
    find: 'folder === "" || dev || devOptional',
    replace: 'folder === ""',
    tests: [PACKAGE],
  },
];
