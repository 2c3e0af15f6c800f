/** Bugs of launchers, and of what a start waits for. */
import type { Mutant } from "../mutant.ts";

const LAUNCHER = "src/host/process/launcher.ts";
const FORK_SERVER = "src/host/process/fork-server.ts";
const OF_FORKS = ["src/host/process/fork-server.test.ts"];
const LAUNCHERS = "src/host/qemu/launchers.ts";
const NETWORK = "src/host/network/bridged-network.ts";
const OF_ONE = ["src/host/process/launcher.test.ts"];
const OF_SOME = ["src/host/qemu/launchers.test.ts"];

export const LAUNCHERS_THAT_WAIT: readonly Mutant[] = [
  {
    name: "a program that reads nothing holds up the fork server",
    file: FORK_SERVER,
    find: "$run->{input}, 4096)",
    replace: "$run->{input}, 1e9)",
    tests: OF_FORKS,
  },
  {
    name: "a program that closed its output and goes on holds up the fork server",
    file: FORK_SERVER,
    find: "waitpid($run->{pid}, 1)",
    replace: "waitpid($run->{pid}, 0)",
    tests: OF_FORKS,
  },
  {
    name: "who waits for a program is not told that the fork server has ended",
    file: FORK_SERVER,
    find: '      reject(new Error("the fork server has ended"));\n',
    replace: "",
    tests: OF_FORKS,
  },
  {
    name: "what a killed fork server ran goes on",
    file: FORK_SERVER,
    find: "      if (pid !== null) killGroup(pid);\n",
    replace: "",
    tests: OF_FORKS,
  },
  {
    name: "a NUL in a word of a command makes two of it",
    file: FORK_SERVER,
    find: "texts.some((text)",
    replace: "[].some((text: string)",
    tests: OF_FORKS,
  },
  {
    name: "programs have the rights of files of the moment in which the first was run",
    file: FORK_SERVER,
    find: "const UMASK = process.umask();",
    replace: "const UMASK = 0o177;",
    tests: OF_FORKS,
  },
  {
    name: "the fork server keeps its process from ending",
    file: FORK_SERVER,
    find: "      if (this.#runs.size === 0) this.#hold(false);",
    replace: "      ",
    tests: OF_FORKS,
  },
  {
    name: "what the fork server started is killed without what that started itself",
    file: FORK_SERVER,
    find: "kill KILL => -$runs",
    replace: "kill KILL => $runs",
    tests: ["src/host/process/process.test.ts"],
  },
  {
    name: "a launcher makes a tap that is not there",
    file: LAUNCHER,
    find: "  $known =~ /^",
    replace: "  1 or $known =~ /^",
    tests: OF_ONE,
  },
  {
    name: "a launcher runs what there is of an order that was cut off",
    file: LAUNCHER,
    find: " && $length == length $order;",
    replace: ";",
    tests: OF_ONE,
  },
  {
    name: "what a launcher becomes has the device of all taps open",
    file: LAUNCHER,
    find: "close $_ for $filler, splice @taps, @names;",
    replace: "close $filler;",
    tests: OF_ONE,
  },
  {
    name: "what a launcher becomes may leave a core file",
    file: LAUNCHER,
    find: "limit(4, 0);\n",
    replace: "",
    tests: OF_ONE,
  },
  {
    name: "what a launcher becomes may write files of any length",
    file: LAUNCHER,
    find: "limit(1, $bytes) if length $bytes;\n",
    replace: "",
    tests: OF_ONE,
  },
  {
    name: "what a launcher becomes may write what it is to read",
    file: LAUNCHER,
    find: 'readOnly ? "<" : "+<"',
    replace: 'readOnly ? "+<" : "+<"',
    tests: OF_ONE,
  },
  {
    name: "a launcher runs what a daemon ordered that has ended since",
    file: LAUNCHER,
    find: "exit 1 unless getppid() == $starter;\n",
    replace: "",
    tests: OF_ONE,
  },
  {
    name: "a launcher may be ordered twice",
    file: LAUNCHER,
    find: 'if (this.#isOrdered) throw new Error("a launcher launches once");',
    replace: "",
    tests: OF_ONE,
  },
  {
    name: "a launcher that has ended is given to a server",
    file: LAUNCHERS,
    find: "if (next.launcher.isWaiting) return next;",
    replace: "return next;",
    tests: OF_SOME,
  },
  {
    name: "a launcher is given to two servers",
    file: LAUNCHERS,
    find: "hasScreen ? this.#waiting.shift()",
    replace: "hasScreen ? this.#waiting[0]",
    tests: OF_SOME,
  },
  {
    name: "a server without a screen has the link of one",
    file: LAUNCHERS,
    find: "next = hasScreen ? this",
    replace: "next = hasScreen || true ? this",
    tests: OF_SOME,
  },
  {
    name: "launchers wait in the guests' own namespace where there are no sandboxes",
    file: LAUNCHERS,
    find: "if (!this.#options.isSandboxed || this.#isClosed) return;",
    replace: "if (this.#isClosed) return;",
    tests: OF_SOME,
  },
  {
    name: "launchers that wait outlive their host",
    file: LAUNCHERS,
    find: "for (const { launcher } of this.#waiting.splice(0)) launcher.discard();",
    replace: "",
    tests: OF_SOME,
  },
  {
    name: "a launch that comes to nothing leaves its launcher and what leads to it",
    file: "src/host/qemu/start-server.ts",
    find: "    if (berth !== null) await launchers?.discard(berth);\n",
    replace: "",
    tests: OF_SOME,
  },
  {
    name: "two launchers have one screen",
    file: NETWORK,
    find: "    const port = this.#freePort();\n    this.#reserved.add(port);\n",
    replace: "    const port = this.#freePort();\n",
    tests: OF_SOME,
  },
  {
    name: "what led to launchers of an earlier daemon stays",
    file: "src/host/network/bridged.ts",
    find: "    dropOtherScreens(namespace, new Set(screensInUse)),\n",
    replace: "    void dropOtherScreens, void screensInUse,\n",
    tests: OF_SOME,
  },
  {
    name: "what leads to servers' screens goes with what led to launchers",
    file: "src/host/network/bridged.ts",
    find: "new Set(screensInUse)",
    replace: "new Set()",
    tests: OF_SOME,
  },
  {
    name: "taps are counted for as long as the first DHCP server lives",
    file: NETWORK,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of a template.
    find: "this.devices = `/proc/self/fd/${devices.fd}`;",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of a template.
    replace: "this.devices = `/proc/${dependencies.dhcp.pid}/net/dev`;",
    tests: ["src/host/network/faults.test.ts"],
  },
  {
    name: "what ends with the machine waits for the disk",
    file: "src/base/atomic-file.ts",
    find: "    chmodSync(unfinished, mode);\n",
    replace: "    chmodSync(unfinished, mode);\n    syncFolder(dirname(path));\n",
    tests: ["src/base/atomic-file.test.ts"],
  },
  {
    name: "what ends with the machine is readable as the umask has it",
    file: "src/base/atomic-file.ts",
    find: "    chmodSync(unfinished, mode);\n",
    replace: "",
    tests: ["src/base/atomic-file.test.ts"],
  },
];
