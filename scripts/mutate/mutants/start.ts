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
];
