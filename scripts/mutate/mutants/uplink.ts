/** Planted bugs of counting what servers send to outside of the cloud, and of noting it. */
import type { Mutant } from "../mutant.ts";

const COUNTING = "src/host/network/counting.ts";
const FIREWALL = "src/host/network/firewall.ts";
const COUNTING_TESTS = ["src/host/network/counting.test.ts"];
const FIREWALL_TESTS = ["src/host/network/firewall.test.ts"];
const RUN = "src/host/qemu/run.ts";
const RUN_TESTS = ["src/host/qemu/run.test.ts"];
const COUNTERS = "src/metering/counters.ts";
const COUNTERS_TESTS = ["src/metering/counters.test.ts"];
const READINGS = "src/servers/transfer-readings.ts";
const READINGS_TESTS = ["src/servers/transfer-readings.test.ts"];

export const UPLINK: readonly Mutant[] = [
  {
    name: "what a guest sends is not counted",
    file: COUNTING,
    find: "ip daddr != @free counter name ip saddr map @nics",
    replace: "accept",
    tests: COUNTING_TESTS,
  },
  {
    name: "what a guest receives is not counted",
    file: COUNTING,
    find: "ip saddr != @free counter name ip daddr map @nics",
    replace: "accept",
    tests: COUNTING_TESTS,
  },
  {
    name: "what a guest sends to the machine itself is counted",
    file: COUNTING,
    find: "ip daddr != @free counter",
    replace: "counter",
    tests: COUNTING_TESTS,
  },
  {
    name: "what the machine itself sends to a guest is counted",
    file: COUNTING,
    find: "ip saddr != @free counter",
    replace: "counter",
    tests: COUNTING_TESTS,
  },
  {
    name: "what guests send among themselves is counted",
    file: COUNTING,
    find: "BRIDGE, type SetContents, UPLINK }",
    replace: "BRIDGE, type SetContents, BRIDGE as UPLINK }",
    tests: COUNTING_TESTS,
  },
  {
    name: "what the firewall drops is counted",
    file: COUNTING,
    find: "priority filter + 10",
    replace: "priority filter - 10",
    tests: COUNTING_TESTS,
  },
  {
    name: "an address that the machine has since is not free",
    file: FIREWALL,
    find: "return this.#free.join() === this.#writtenFree.join();",
    replace: "return true;",
    tests: COUNTING_TESTS,
  },
  {
    name: "a restart of the daemon begins counters anew",
    file: FIREWALL,
    find: "renewCounters(state, there);",
    replace: "renewCounters(state, new Set());",
    tests: COUNTING_TESTS,
  },
  {
    name: "a counter that was lost begins anew under its name",
    file: COUNTING,
    find: "(isLost(nic) ? { ...nic, counter: newCounter() } : nic)",
    replace: "nic",
    tests: COUNTING_TESTS,
  },
  {
    name: "counters of NICs that are gone stay",
    file: FIREWALL,
    find: "removals(there, wanted)",
    replace: '""',
    tests: FIREWALL_TESTS,
  },
  {
    name: "an address goes to another counter before it is taken from the one it had",
    file: "src/host/network/filter.ts",
    find: '[...lines("delete", before, after), ...lines("add", after, before)]',
    replace: '[...lines("add", after, before), ...lines("delete", before, after)]',
    tests: ["src/host/network/filter.test.ts"],
  },
  {
    name: "what was counted goes with a network that nobody uses any more",
    file: "src/host/network/bridged.ts",
    find: "await keepCounts(cloud, stateFolder(directory), runDirectory, warn)",
    replace: "await Promise.resolve()",
    tests: COUNTING_TESTS,
  },
  {
    name: "what was counted before is told of every later run",
    file: "src/host/network/bridged-network.ts",
    find: "    this.#dependencies.counts.forgetKept();\n",
    replace: "",
    tests: COUNTING_TESTS,
  },
  {
    name: "what a run sent last is not read",
    file: RUN,
    find: "this.#ran ? await dependencies.network.lastUplinkCount(uuid) : null",
    replace: "null as Awaited<ReturnType<typeof dependencies.network.lastUplinkCount>>",
    tests: RUN_TESTS,
  },
  {
    name: "what a run sent last is not read where it ended while no daemon was there",
    file: RUN,
    find: "if (isKnown) this.#counters = this.#adopted;",
    replace: "this.#counters = this.#adopted;",
    tests: RUN_TESTS,
  },
  {
    name: "a counter that was lost is taken for the one before it",
    file: COUNTERS,
    find: "last?.counter === counter ?",
    replace: "last !== null ?",
    tests: COUNTERS_TESTS,
  },
  {
    name: "a counter is noted whole each time",
    file: COUNTERS,
    find: "Math.max(0, bytes - last.bytes)",
    replace: "bytes",
    tests: COUNTERS_TESTS,
  },
  {
    name: "a reading that comes late takes from what is noted",
    file: COUNTERS,
    find: "Math.max(0, bytes - last.bytes)",
    replace: "bytes - last.bytes",
    tests: COUNTERS_TESTS,
  },
  {
    name: "of an account's servers one alone is noted",
    file: COUNTERS,
    find: "byUser.set(user, (byUser.get(user) ?? 0) + bytesSince(last, reading));",
    replace: "byUser.set(user, bytesSince(last, reading));",
    tests: READINGS_TESTS,
  },
  {
    name: "a reading is noted though an end was settled since",
    file: READINGS,
    find: "noted.filter(({ server, last }) => isSame(known.get(server) ?? null, last))",
    replace: "noted",
    tests: READINGS_TESTS,
  },
  {
    name: "what is noted is not remembered",
    file: READINGS,
    find: "      else known.set(server, last);\n",
    replace: "",
    tests: READINGS_TESTS,
  },
  {
    name: "the first servers alone are noted",
    file: READINGS,
    find: "fresh.slice(at, at + SERVERS_AT_ONCE)",
    replace: "fresh.slice(0, SERVERS_AT_ONCE)",
    tests: READINGS_TESTS,
  },
  {
    name: "what a server sent last is not noted",
    file: "src/servers/lifecycle/settle-end.ts",
    find: "if (uplink !== undefined) await noteReading",
    replace: "if (uplink === null) await noteReading",
    tests: READINGS_TESTS,
  },
];
