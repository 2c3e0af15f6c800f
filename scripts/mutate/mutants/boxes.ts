/** Planted bugs in what one process of the host could reach of others: shared drives, hostile files, calls of the kernel. */
import type { Mutant } from "../mutant.ts";

const ATTACHMENT = "src/host/volumes/attachment.test.ts";
const HOSTILE = "src/host/volumes/hostile-file.test.ts";
const REACH = "src/host/qemu/reach.test.ts";
const CALLS = "src/host/process/system-calls.test.ts";
const WORKER = "src/host/process/worker.test.ts";
const EXPORTS = "src/host/volumes/exports.ts";
const FILTER = "src/host/process/system-calls.ts";

export const BOXES: readonly Mutant[] = [
  {
    name: "servers reach a drive that they share by the socket of all drives",
    file: "src/host/volumes/attachments.ts",
    find: "if (isFirst) daemons.giveOwn(volume.uuid);",
    replace: "void [isFirst, daemons];",
    tests: [REACH],
  },
  {
    name: "the storage daemon of a shared drive sees all drives",
    file: "src/host/volumes/storage-daemons.ts",
    find: "drive === null\n        ? () =>",
    replace: 'drive !== ""\n        ? () =>',
    tests: [ATTACHMENT],
  },
  {
    name: "a drive keeps its own storage daemon when nobody shares it any more",
    file: EXPORTS,
    find: 'if (table.state(entry.uuid).is !== "shared") await daemons.end(entry.uuid);',
    replace: "void daemons;",
    tests: [ATTACHMENT],
  },
  {
    name: "what servers left that shared a drive and ended without Lodge stays",
    file: "src/host/volumes/drive-host.ts",
    find: "for (const uuid of this.#daemons.drives()) this.#exports.rest(uuid);",
    replace: "void this.#exports;",
    tests: [ATTACHMENT],
  },
  {
    name: "a drive is opened whatever its file leads to",
    file: EXPORTS,
    find: "await ensureSelfContained(this.#options.folder, volume);",
    replace: "void [ensureSelfContained, this.#options];",
    tests: [HOSTILE],
  },
  {
    name: "a drive is resized whatever its file leads to",
    file: "src/host/volumes/resize.ts",
    find: "  await ensureSelfContained(folder, volume);\n",
    replace: "  void [ensureSelfContained, folder];\n",
    tests: [HOSTILE],
  },
  {
    name: "a file may have its data in another",
    file: "src/host/volumes/qcow2.ts",
    find: "const INCOMPATIBLE_FEATURES = 0b11n | EXTENDED_L2_ENTRIES;",
    replace: "const INCOMPATIBLE_FEATURES = 0b111n | EXTENDED_L2_ENTRIES;",
    tests: [HOSTILE],
  },
  {
    name: "what is in a sandbox may make namespaces by clone",
    file: FILTER,
    find: "const CLONE_NAMESPACES = 0x7e020000;",
    replace: "const CLONE_NAMESPACES = 0;",
    tests: [CALLS],
  },
  {
    name: "what is in a sandbox may make processes",
    file: FILTER,
    find: "[IF_ANY_BIT, CLONE_THREAD, 1, 0],",
    replace: "[IF_ANY_BIT, CLONE_THREAD, 1, 1],",
    tests: [CALLS],
  },
  {
    name: "calls by numbers of x32 pass the filter",
    file: FILTER,
    find: "...(isX32From === null\n",
    replace: "...(isX32From === null || isX32From > 0\n",
    tests: [CALLS],
  },
  {
    name: "no sandbox has a filter of system calls",
    file: "src/host/process/sandbox.ts",
    find: "sandboxer.bwrap !== null && hasFilter()",
    replace: "sandboxer.bwrap === null && hasFilter()",
    tests: [WORKER],
  },
  {
    name: "every sandbox may make sockets of IP",
    file: "src/host/process/sandbox.ts",
    find: 'sandbox.sockets ?? "unix"',
    replace: 'sandbox.sockets ?? "ip"',
    tests: [WORKER],
  },
  {
    name: "a worker is ended without what is about to become it",
    file: "src/host/process/worker.ts",
    find: "if (!isOver) endGroup(child);",
    replace: 'if (!isOver) child.kill("SIGKILL");\n    void endGroup;',
    tests: [WORKER],
  },
  {
    name: "what the daemon was started with open comes to what it starts",
    file: "src/host/process/inherited.ts",
    find: "closeSync(Number(name));",
    replace: "void closeSync;",
    tests: ["src/host/process/inherited.test.ts"],
  },
  {
    name: "what a server reads of the disk has no bound",
    file: "src/host/quota/bounds.ts",
    find: "diskFiles(version, this.#disk)",
    replace: "diskFiles(version, this.#disk && null)",
    tests: ["src/host/quota/bounds.test.ts"],
  },
  {
    name: "whoever reads a shared drive is cut off by the servers that share it next",
    file: EXPORTS,
    find: "?.session.drive === uuid;",
    replace: "?.session.drive === null;",
    tests: [ATTACHMENT],
  },
];
