/** Planted bugs in how processes are started, confined, waited for and read through. */
import type { Mutant } from "../mutant.ts";

const SECURITY = "test/security.test.ts";
const PROCESS = "src/host/process/process.test.ts";

export const PROCESSES: readonly Mutant[] = [
  {
    name: "QEMU runs without its sandbox",
    file: "src/host/qemu/command-line.ts",
    find: '    ...["-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"],\n',
    replace: "",
    tests: [SECURITY],
  },
  {
    name: "QEMU may make processes",
    file: "src/host/qemu/command-line.ts",
    find: "spawn=deny",
    replace: "spawn=allow",
    tests: [SECURITY],
  },
  {
    name: "processes may gain privileges",
    file: "src/host/process/process.ts",
    find: '          "--no-new-privs",\n',
    replace: "",
    tests: ["src/host/process/sandbox.test.ts"],
  },
  {
    name: "processes keep the daemon's group as their real one",
    file: "src/host/process/process.ts",
    find: "--regid=$",
    replace: "--egid=$",
    tests: [SECURITY],
  },
  {
    name: "what images drives outlives the daemon",
    file: "src/host/process/worker.ts",
    find: 'network: "none" as const, tied: true',
    replace: 'network: "none" as const, tied: false',
    tests: [SECURITY],
  },
  {
    name: "a start sets no CPU quota",
    file: "src/host/qemu/start-server.ts",
    find: "quota?.limit(uuid, cpuMhz)),",
    replace: "void cpuMhz),",
    tests: [SECURITY],
  },
  {
    name: "a tool that hangs is waited for",
    file: "src/host/process/process.ts",
    find: "const ended = within(deadlineMs, said,",
    replace: "const ended = within(1000 * deadlineMs, said,",
    tests: [PROCESS],
  },
  {
    name: "a process whose main thread has ended is taken for gone",
    file: "src/host/process/process.ts",
    find: "const lives = main.runs || (await runningThreads(pid)).length > 0;",
    replace: "const lives = main.runs;",
    tests: [PROCESS],
  },
  {
    name: "a rejected export of a server's drive is remembered",
    file: "src/host/qemu/node-exports.ts",
    find: "added.catch(() => this.#exports.delete(node));",
    replace: "added.catch(() => {});",
    tests: ["src/host/qemu/end.test.ts"],
  },
  {
    name: "a rejected export of the storage daemon is remembered",
    file: "src/host/volumes/exports.ts",
    find: "opened.catch(() => this.#leave(entry));",
    replace: "opened.catch(() => {});",
    tests: ["src/host/volumes/effects.test.ts"],
  },
  {
    name: "a daemon that ends stays connected to drives that servers share",
    file: "src/host/volumes/exports.ts",
    find: "      await hangUp(entry);\n      clearTimeout(entry.timer);\n",
    replace: "      clearTimeout(entry.timer);\n",
    tests: ["src/host/volumes/attachment.test.ts"],
  },
  {
    name: "who waits with a deadline waits on",
    file: "src/base/deadline.ts",
    find: "return await Promise.race([work, late]);",
    replace: "return await Promise.all([work, late]).then(([answer]) => answer);",
    tests: ["src/base/deadline.test.ts"],
  },
  {
    name: "drives that nobody uses stay open, however many",
    file: "src/host/volumes/exports.ts",
    find: "[...this.#idle].slice(0, -MOST_IDLE)",
    replace: "[...this.#idle].slice(0, 0 * MOST_IDLE)",
    tests: ["src/host/volumes/exports.test.ts"],
  },
  {
    name: "a file is closed that a thread of Node's own reads",
    file: "src/host/process/inherited.ts",
    find: "certificates !== null && readlink",
    replace: "certificates === undefined && readlink",
    tests: ["src/host/process/inherited.test.ts"],
  },
];
