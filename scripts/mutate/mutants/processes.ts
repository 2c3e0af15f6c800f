/** Planted bugs in how processes are started and confined. */
import type { Mutant } from "../mutant.ts";

const SECURITY = "test/security.test.ts";

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
    tests: [SECURITY],
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
    find: '"--pdeathsig=KILL"',
    replace: '"--pdeathsig=clear"',
    tests: [SECURITY],
  },
  {
    name: "a start sets no CPU quota",
    file: "src/host/qemu/start-server.ts",
    find: "      parts.quota?.limit(spec.uuid, spec.cpuMhz),\n",
    replace: "",
    tests: [SECURITY],
  },
];
