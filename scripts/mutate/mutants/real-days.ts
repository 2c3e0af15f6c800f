/** Planted bugs that parts of a real cloud bring to light which are killed, or a loss of power. */
import type { Mutant } from "../mutant.ts";

const ROUNDS = "test/rounds.test.ts";
const POWER = "test/power-failure.test.ts";
const TRANSFER = "src/host/volumes/transfer.test.ts";

export const REAL_DAYS: readonly Mutant[] = [
  {
    name: "a file that is replaced at once is not synced",
    file: "src/base/atomic-file.ts",
    find: "      writeFileSync(descriptor, text);\n      fsyncSync(descriptor);",
    replace: "      writeFileSync(descriptor, text);",
    tests: [POWER],
  },
  {
    name: "the folder of a file that is replaced is not synced",
    file: "src/base/atomic-file.ts",
    find: '  const descriptor = openSync(folder, "r");\n  try {\n    fsyncSync(descriptor);',
    replace: '  const descriptor = openSync(folder, "r");\n  try {',
    tests: [POWER],
  },
  {
    name: "commits are synced now and then",
    file: "src/store/sqlite/connection.ts",
    find: 'export const SYNCED = "synchronous = FULL";',
    replace: 'export const SYNCED = "synchronous = NORMAL";',
    tests: [POWER],
  },
  {
    name: "commits are never synced",
    file: "src/store/sqlite/connection.ts",
    find: 'export const SYNCED = "synchronous = FULL";',
    replace: 'export const SYNCED = "synchronous = OFF";',
    tests: [POWER],
  },
  {
    name: "a new home is not in its folder for good",
    file: "src/base/folder.ts",
    find: "  for (let made = resolve(path); made !== above; made = dirname(made)) syncFolder(dirname(made));\n",
    replace: "  void above;\n  void syncFolder;\n",
    tests: [POWER],
  },
  {
    name: "a drive's file is not synced as it is made or resized",
    file: "src/host/volumes/file-handle.ts",
    find: "    await change(file);\n    await file.sync();",
    replace: "    await change(file);",
    tests: [POWER],
  },
  {
    name: "the folder of drives is not synced",
    file: "src/host/volumes/file-handle.ts",
    find: "    await folder.sync();",
    replace: "    void folder;",
    tests: [POWER],
  },
  {
    name: "a write is answered before it is flushed",
    file: "src/host/volumes/transfer.ts",
    find: "  writing.check();\n  await nbd.flush();",
    replace: "  writing.check();",
    tests: [POWER, TRANSFER],
  },
  {
    name: "zeroes of an encrypted drive are holes before they are marked",
    file: "src/host/volumes/drive-host.ts",
    find: 'const marksZeroes = layout(volume) === "luks-qcow2";',
    replace: 'const marksZeroes = layout(volume) === "raw";',
    tests: ["src/host/volumes/marked-zeroes.test.ts"],
  },
  {
    name: "the room of marked zeroes is given back before they are on stable storage",
    file: "src/host/volumes/transfer.ts",
    find: "  await nbd.flush();\n  await writing.giveRoomBack();",
    replace: "  await writing.giveRoomBack();\n  await nbd.flush();",
    tests: [TRANSFER],
  },
  {
    name: "a write that loses the storage daemon is a failure for good",
    file: "src/host/volumes/faults.ts",
    find: 'failed(isLost(error) ? "host_interrupted" : "storage_failed", sentence, { cause: error })',
    replace: 'failed("storage_failed", sentence, { cause: error })',
    tests: [ROUNDS, "src/host/volumes/faults.test.ts"],
  },
  {
    name: "a QEMU that is killed in its launch is a failure for good",
    file: "src/host/qemu/launch.ts",
    find: 'return end === "killed" ? new Killed({ cause: error }) : error;',
    replace: "void end;\n  return error;",
    tests: ["src/host/qemu/killed.test.ts"],
  },
  {
    name: "a QEMU that ends while it is asked is one that does not answer",
    file: "src/host/qemu/server-host.ts",
    find: "if (error instanceof Unreachable && (await withinOr(ENDING_MS, ended, () => false)))\n        throw notHere(uuid);",
    replace: "void ended;\n      void withinOr;\n      void ENDING_MS;\n      void Unreachable;",
    tests: ["src/host/qemu/killed.test.ts"],
  },
  {
    name: "a DHCP server that dies as it is told to read its files fails whoever starts a server",
    file: "src/host/network/dhcp.ts",
    find: 'if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;\n      return false;',
    replace: "throw error;",
    tests: ["src/host/network/dhcp.test.ts"],
  },
];
