/** Planted bugs in how a host has its servers and drives: who may read what, in which order, for how long. */
import type { Mutant } from "../mutant.ts";

const START = "src/host/qemu/start-server.test.ts";
const MONITOR = "src/host/qemu/monitor.test.ts";
const GENERATIONS = "src/host/volumes/generations.test.ts";
const STUCK = "src/host/volumes/stuck.test.ts";
const EFFECTS = "src/host/volumes/effects.test.ts";

export const HOST: readonly Mutant[] = [
  {
    name: "a storage daemon that does not come up is not launched again",
    file: "src/host/volumes/storage-daemon.ts",
    find: "const LAUNCHES = 2;",
    replace: "const LAUNCHES = 1;",
    tests: [STUCK],
  },
  {
    name: "a storage daemon whose queue of connections is full is taken for one that does not answer",
    file: "src/host/volumes/storage-daemon.ts",
    find: 'code === "EAGAIN"',
    replace: 'code === ""',
    tests: [STUCK],
  },
  {
    name: "QEMU may write on the drive of a CD",
    file: "src/host/qemu/start-server.ts",
    find: 'const readOnly = media === "cdrom" && (requests.get(volume.uuid)?.readOnly ?? true);',
    replace: "const readOnly = false;\n    void media;",
    tests: [START],
  },
  {
    name: "a disk that is a CD of the same server as well is open to read alone",
    file: "src/host/qemu/start-server.ts",
    find: " && (requests.get(volume.uuid)?.readOnly ?? true);",
    replace: ";",
    tests: [START],
  },
  {
    name: "a process is started before the fence of its launch is written",
    file: "src/host/qemu/start-server.ts",
    find: "    start.fenced,\n",
    replace: "",
    tests: [START],
  },
  {
    name: "a QEMU that is to end is killed at once",
    file: "src/host/qemu/monitor.ts",
    find: "const GRACE_MS = 3_000;",
    replace: "const GRACE_MS = 0;",
    tests: [MONITOR],
  },
  {
    name: "a guest stays paused after the disk was full",
    file: "src/host/qemu/monitor.ts",
    find: 'if (status === "io-error") this.#held.wait();\n    else this.#held.areDone();',
    replace: "this.#held.areDone();",
    tests: [MONITOR],
  },
  {
    name: "what is in a server's control group lives on when the server has ended",
    file: "src/host/qemu/clearing.ts",
    find: "    await this.#kill?.();\n",
    replace: "",
    tests: ["src/host/qemu/clearing.test.ts"],
  },
  {
    name: "a change of a server that is overtaken while it waits is made all the same",
    file: "src/host/qemu/server-host.ts",
    find: "      // A later one may have come while this one waited.\n      this.#fences.check(uuid, generation);\n",
    replace: "",
    tests: ["src/host/qemu/end.test.ts"],
  },
  {
    name: "a fence is forgotten after seconds",
    file: "src/host/qemu/fences.ts",
    find: "const KEEP_MS = HOUR_MS;",
    replace: "const KEEP_MS = HOUR_MS / 1000;",
    tests: ["src/host/qemu/fences.test.ts"],
  },
  {
    name: "all may read what QEMU said",
    file: "src/host/qemu/run-directory.ts",
    find: 'open(log, "a", 0o600)',
    replace: 'open(log, "a", 0o644)',
    tests: ["src/host/qemu/run-directory.test.ts"],
  },
  {
    name: "the generation of a drive is forgotten after seconds",
    file: "src/host/volumes/generations.ts",
    find: "const KEPT_SECONDS = DAY_S;",
    replace: "const KEPT_SECONDS = 24;",
    tests: [GENERATIONS],
  },
  {
    name: "the generations of two hundred drives are known",
    file: "src/host/volumes/generations.ts",
    find: "const MOST = 20_000;",
    replace: "const MOST = 200;",
    tests: [GENERATIONS],
  },
  {
    name: "of the lines of a drive's generations the last counts",
    file: "src/host/volumes/generations.ts",
    find: "    if (read.generation < (this.#seen.get(uuid)?.generation ?? 0)) return;\n",
    replace: "",
    tests: [GENERATIONS],
  },
  {
    name: "of the lines of a drive's generations the lowest counts",
    file: "src/host/volumes/generations.ts",
    find: "if (read.generation < (this.#seen.get(uuid)?.generation ?? 0)) return;",
    replace: "if (read.generation > (this.#seen.get(uuid)?.generation ?? Number.POSITIVE_INFINITY)) return;",
    tests: [GENERATIONS],
  },
  {
    name: "a drive that nobody uses stays open for an hour",
    file: "src/host/volumes/exports.ts",
    find: "const IDLE_MS = 5_000;",
    replace: "const IDLE_MS = 5_000_000;",
    tests: ["src/host/volumes/exports.test.ts"],
  },
  {
    name: "a resize that is overtaken while it waits is made all the same",
    file: "src/host/volumes/drive-host.ts",
    find: "          this.#generations.ensureNewest(uuid, generation);\n          // A server",
    replace: "          // A server",
    tests: [EFFECTS],
  },
  {
    name: "a drive is resized that a server got meanwhile",
    file: "src/host/volumes/drive-host.ts",
    find: '          this.#table.ensureAllowed(uuid, { do: "resize" });\n          const',
    replace: "          const",
    tests: [EFFECTS],
  },
  {
    name: "a drive is destroyed that a server got meanwhile",
    file: "src/host/volumes/drive-host.ts",
    find: '        this.#table.ensureAllowed(uuid, { do: "destroy" });\n        for',
    replace: "        for",
    tests: [EFFECTS],
  },
  {
    name: "a copy that was given up at its end takes its target's place",
    file: "src/host/volumes/copy-attempt.ts",
    find: "    signal.throwIfAborted();\n    await closed(target.uuid, () => placeStaging",
    replace: "    await closed(target.uuid, () => placeStaging",
    tests: ["src/host/volumes/copy-attempt.test.ts"],
  },
  {
    name: "a copy waits for a write for as long as it goes on",
    file: "src/host/volumes/copy-attempt.ts",
    find: "AbortSignal.any([signal, late])",
    replace: "AbortSignal.any([signal])",
    tests: ["src/host/volumes/stuck.test.ts"],
  },
];
