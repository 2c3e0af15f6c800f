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
];
