/** Planted bugs in how a cloud starts, on what it finds, and how it is taken down. */
import type { Mutant } from "../mutant.ts";

const ATOMIC = "src/base/atomic-file.test.ts";
const START = "test/start.test.ts";

export const STARTS: readonly Mutant[] = [
  {
    name: "a file that is replaced is not synced",
    file: "src/base/atomic-file.ts",
    find: "        await file.sync();\n",
    replace: "",
    tests: [ATOMIC],
  },
  {
    name: "the name of a file that is replaced is not synced",
    file: "src/base/atomic-file.ts",
    find: '    await withFile(dirname(path), "r", 0, (folder) => folder.sync());\n',
    replace: "",
    tests: [ATOMIC],
  },
  {
    name: "a file that is made in one go is not synced",
    file: "src/base/atomic-file.ts",
    find: "      writeFileSync(descriptor, text);\n      fsyncSync(descriptor);\n",
    replace: "      writeFileSync(descriptor, text);\n",
    tests: [ATOMIC],
  },
  {
    name: "an identity is taken as it stands in its file",
    file: "src/home.ts",
    find: "id: z.string().regex(/^[0-9a-f]{8}$/)",
    replace: "id: z.string()",
    tests: ["src/home.test.ts"],
  },
  {
    name: "a damaged network.json keeps the cloud from starting",
    file: "src/host/network/bridged.ts",
    find: '    warn("the guests\' subnet of last time is not known: one is chosen anew", error);\n    return null;\n',
    replace: "    throw error;\n",
    tests: [START],
  },
  {
    name: "the daemon keeps the umask of whoever starts it",
    file: "src/base/umask.ts",
    find: "  process.umask(0o022);\n",
    replace: "",
    tests: [START],
  },
  {
    name: "a folder that is there keeps its mode",
    file: "src/base/folder.ts",
    find: "  chmodSync(path, mode);\n",
    replace: "",
    tests: [START],
  },
  {
    name: "a file's mode is what the umask leaves of it",
    file: "src/base/atomic-file.ts",
    find: "        await file.chmod(mode);\n",
    replace: "",
    tests: [ATOMIC],
  },
  {
    name: "a start that fails leaves its runtime directory",
    file: "src/host/local.ts",
    find: "  opened.defer(() => rmdir(runDir).catch(() => {}));\n",
    replace: "",
    tests: [START],
  },
  {
    name: "programs are looked for where PATH leads alone",
    file: "src/host/process/programs.ts",
    find: "[...path.split(delimiter), ...SYSTEM_FOLDERS]",
    replace: "path.split(delimiter)",
    tests: ["src/host/process/programs.test.ts"],
  },
  {
    name: "root runs a program that anybody could have put there",
    file: "src/host/process/programs.ts",
    find: "(isRoots || process.getuid?.() !== 0)",
    replace: "(isRoots || uid === 0)",
    tests: ["src/host/process/programs.test.ts"],
  },
  {
    name: "the DHCP server is looked for by PATH",
    file: "src/host/network/dhcp.ts",
    find: '[programPath("dnsmasq"), ',
    replace: '["dnsmasq", ',
    tests: [START],
  },
  {
    name: "the kind of network changes under servers that run on bridges",
    file: "src/host/network/open.ts",
    find: "  if (used === null || used === possible) return possible;\n",
    replace: '  if (used !== "user" || used === possible) return possible;\n',
    tests: ["src/host/network/kind.test.ts"],
  },
  {
    name: "servers with user-mode networking get bridges under them",
    file: "src/host/network/open.ts",
    find: '    return "user";\n  }\n',
    replace: "    return possible;\n  }\n",
    tests: ["src/host/network/kind.test.ts"],
  },
  {
    name: "a log line that cannot be written ends who writes it",
    file: "src/base/lossy-output.ts",
    find: '=== "EAGAIN" ? "later" : "lost";\n',
    replace: '=== "EAGAIN" ? "later" : ((): never => {\n        throw error;\n      })();\n',
    tests: ["src/base/lossy-output.test.ts", START],
  },
  {
    name: "a reader of the log that takes nothing holds the daemon up",
    file: "src/base/lossy-output.ts",
    find: "O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY",
    replace: "O_WRONLY | O_APPEND | O_NOCTTY",
    tests: ["src/base/lossy-output.test.ts"],
  },
  {
    name: "the log keeps all that its reader does not take",
    file: "src/base/lossy-output.ts",
    find: "if (this.#waitingBytes + bytes.length > MOST_BYTES) {",
    replace: "if (this.#waitingBytes < 0) {",
    tests: ["src/base/lossy-output.test.ts"],
  },
];
