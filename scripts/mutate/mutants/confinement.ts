/** Planted bugs in what keeps a QEMU that was taken over from reaching anything of others. */
import type { Mutant } from "../mutant.ts";

const REACH = "src/host/qemu/reach.test.ts";
const SANDBOX = "src/host/process/sandbox.ts";
const LAUNCH = "src/host/qemu/launch.ts";
const START = "src/host/qemu/start-server.ts";

export const CONFINEMENT: readonly Mutant[] = [
  {
    name: "what is in a sandbox sees the machine's processes",
    file: SANDBOX,
    find: '"--unshare-pid", ',
    replace: "",
    tests: [REACH],
  },
  {
    name: "a server's QEMU sees the folder of all servers",
    file: START,
    find: "        path,\n        ...new Set(shown),",
    replace: '        join(path, ".."),\n        ...new Set(shown),',
    tests: [REACH],
  },
  {
    name: "a sandbox keeps the daemon's environment",
    file: SANDBOX,
    find: '    "--clearenv",\n',
    replace: "",
    tests: [REACH],
  },
  {
    name: "a file may grow without bound",
    file: SANDBOX,
    find: "fileBytes === undefined ? []",
    replace: "fileBytes !== null ? []",
    tests: [REACH],
  },
  {
    name: "what is in a sandbox may leave a core file",
    file: SANDBOX,
    find: '"--core=0"',
    replace: '"--nice=0"',
    tests: [REACH],
  },
  {
    name: "the folder of temporary files has no bound",
    file: SANDBOX,
    find: '"--size", String(TMP_BYTES), ',
    replace: "",
    tests: [REACH],
  },
  {
    name: "a sandbox's devices can be added to",
    file: SANDBOX,
    find: '...["--remount-ro", "/dev"]',
    replace: '...["--chmod", "1777", "/dev"]',
    tests: [REACH],
  },
  {
    name: "a passphrase stays where QEMU read it",
    file: START,
    find: "    await forgetSecrets();\n",
    replace: "    void forgetSecrets;\n",
    tests: [REACH],
  },
  {
    name: "all servers have one uid",
    file: "src/host/qemu/uids.ts",
    find: "if (!this.#taken.has(uid)) free.push(uid);",
    replace: "free.push(this.#taken.has(uid) ? uid : first);",
    tests: ["src/host/qemu/uids.test.ts"],
  },
  {
    name: "a uid is given back while the server's run is kept",
    file: "src/host/qemu/uids.ts",
    find: "  const uids = new Uids(range);\n  for (const uuid of await serversWithDirectory(servers).catch(none)) {",
    replace:
      "  const uids = new Uids(range);\n  for (const uuid of (await serversWithDirectory(servers).catch(none)).slice(1)) {",
    tests: ["src/host/qemu/uids.test.ts"],
  },
  {
    name: "the sockets' folder stays QEMU's",
    file: "src/host/qemu/run-directory.ts",
    find: "chownSync(folder, own, gid);",
    replace: "chownSync(folder, gid, gid);",
    tests: ["src/host/qemu/confinement.test.ts"],
  },
  {
    name: "the kernel takes no guest before others",
    file: LAUNCH,
    find: "const TAKEN_FIRST = 500;",
    replace: "const TAKEN_FIRST = 0;",
    tests: ["src/host/qemu/confinement.test.ts"],
  },
  {
    name: "a server's memory has no bound",
    file: START,
    find: "    bounds?.enter(uuid, monitor.identity.pid, boundOf(spec, accelerator)),\n",
    replace: "    void [bounds, accelerator],\n",
    tests: ["src/host/qemu/confinement.test.ts"],
  },
  {
    name: "what images drives reaches the network",
    file: "src/host/process/worker.ts",
    find: 'network: "none"',
    replace: "network: null",
    tests: ["src/host/process/worker.test.ts"],
  },
  {
    name: "down leaves the groups that bound a server's memory and processes",
    file: "src/host/traces.ts",
    find: "          await bounds.remove(name);\n",
    replace: "",
    tests: ["test/down.test.ts"],
  },
  {
    name: "down leaves who watched over a server's QEMU and was stopped",
    file: "src/host/traces.ts",
    find: "const LAYERS = 2;",
    replace: "const LAYERS = 1;",
    tests: ["test/down.test.ts"],
  },
];
