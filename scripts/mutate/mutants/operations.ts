/** Planted bugs in how the world is changed: operations, leases, the watch, fences, ends. */
import type { Mutant } from "../mutant.ts";

const WORKER = "src/operations/worker.test.ts";
const WATCH = "src/operations/watch.test.ts";
const FAULTS = "test/state/server-faults.test.ts";
const ENDS = "test/state/server-ends.test.ts";
const RECORDS = "test/state/server-records.test.ts";
const CUT_OFF = "test/state/cut-off.test.ts";

export const OPERATIONS: readonly Mutant[] = [
  {
    name: "a launch comes late and is done all the same",
    file: "src/host/qemu/fences.ts",
    find: "if (ended !== null && generation <= ended) throw",
    replace: "if (ended !== null && generation < ended) throw",
    tests: ["src/host/qemu/fences.test.ts"],
  },
  {
    name: "a launch of a stale generation is done",
    file: "src/host/qemu/fences.ts",
    find: "if (generation < seen) throw new Outdated(uuid, generation, seen);",
    replace: "if (generation < seen - 1) throw new Outdated(uuid, generation, seen);",
    tests: ["src/host/qemu/fences.test.ts"],
  },
  {
    name: "a fence is forgotten with the daemon",
    file: "src/host/qemu/fences.ts",
    find: "this.#fences.set(uuid, { seen, ended, changedMs: mtimeMs });",
    replace: "this.#fences.set(uuid, { seen: Math.min(0, seen), ended, changedMs: mtimeMs });",
    tests: ["src/host/qemu/fences.test.ts"],
  },
  {
    name: "a stale effect on a drive is done",
    file: "src/host/volumes/generations.ts",
    find: "if (seen !== undefined && generation < seen) throw",
    replace: "if (seen !== undefined && generation < seen - 1) throw",
    tests: ["src/host/volumes/generations.test.ts"],
  },
  {
    name: "a lease never ends",
    file: "src/operations/lease.ts",
    find: '      row("lease_until_ms", "<", nowMs),',
    replace: '      row("lease_until_ms", "<", 0),',
    tests: [WORKER],
  },
  {
    name: "a lease keeps nobody off",
    file: "src/operations/lease.ts",
    find: '      row("lease_until_ms", "<", nowMs),',
    replace: '      row("lease_until_ms", ">", 0),',
    tests: [WORKER],
  },
  {
    name: "leases are not prolonged",
    file: "src/operations/worker.ts",
    find: "await renewLeases(this.#options.store, this.#lease(), objects)",
    replace: "await renewLeases(this.#options.store, this.#lease(), objects.slice(objects.length))",
    tests: [WORKER],
  },
  {
    name: "who lost the lease settles the operation",
    file: "src/operations/operation.ts",
    find: "row.and({ object, generation, action, attempts })",
    replace: "row.and(attempts < 0 ? { attempts } : { object, generation, action })",
    tests: [WORKER],
  },
  {
    name: "who was overtaken settles all the same",
    file: "src/operations/operation.ts",
    find: "if (numDeletedRows === 0n) throw new Overtaken(operation);",
    replace: "if (numDeletedRows === -1n) throw new Overtaken(operation);",
    tests: [WORKER],
  },
  {
    name: "what fails is tried again at once and for ever",
    file: "src/operations/worker.ts",
    find: "await this.#putOff(operation, backoffMs(operation), sentenceOf(error));",
    replace: "await this.#putOff(operation, 0 * backoffMs(operation), sentenceOf(error));",
    tests: [WORKER],
  },
  {
    name: "what fails for long is hardly tried again",
    file: "src/operations/worker.ts",
    find: "FIRST_BACKOFF_MS, LONGEST_BACKOFF_MS)",
    replace: "FIRST_BACKOFF_MS, 100 * LONGEST_BACKOFF_MS)",
    tests: [WORKER],
  },
  {
    name: "what failed is never tried again",
    file: "src/operations/lease.ts",
    find: "            : nextTryMs,\n        last_error",
    replace: "            : 1000 * nextTryMs,\n        last_error",
    tests: [WORKER],
  },
  {
    name: "who is overtaken is not told of it",
    file: "src/operations/worker.ts",
    find: "    this.#inFlight.get(operation.object)?.overtake();\n",
    replace: "",
    tests: [WORKER],
  },
  {
    name: "who was overtaken takes the place of who overtook them",
    file: "src/operations/worker.ts",
    find: "if (other !== undefined && other.operation.generation > operation.generation) {",
    replace: "if (other !== undefined && other.operation.generation < 0) {",
    tests: [WORKER],
  },
  {
    name: "a command does not wait for what is under way on its object",
    file: "src/operations/operation.ts",
    find: "if (operation === null || beside.includes(operation.action)) return;",
    replace: "if (operation === null || beside.length >= 0) return;",
    tests: [WORKER],
  },
  {
    name: "what others left is taken up only when their leases end",
    file: "src/operations/lease.ts",
    find: ".set({ owner: null, lease_until_ms: null, next_try_ms: DUE })",
    replace: ".set({ next_try_ms: DUE })",
    tests: [WORKER],
  },
  {
    name: "the outcome of a drive's destruction is not in the transaction that settles it",
    file: "src/drives/lifecycle/destroy.ts",
    find: `  await store.transaction(async (tx) => {
    await settleOperation(tx, operation);
    const { size_bytes }`,
    replace: `  await store.transaction((tx) => settleOperation(tx, operation));
  await store.transaction(async (tx) => {
    const { size_bytes }`,
    tests: [CUT_OFF],
  },
  {
    name: "the outcome of a start is not in the transaction that settles it",
    file: "src/servers/lifecycle/start.ts",
    find: `  await store.transaction(async (tx) => {
    await settleOperation(tx, operation);
    await beginRunUse`,
    replace: `  await store.transaction((tx) => settleOperation(tx, operation));
  await store.transaction(async (tx) => {
    await beginRunUse`,
    tests: [CUT_OFF],
  },
  {
    name: "one look that fails stops the others",
    file: "src/operations/watch.ts",
    find: `const outcomes = await Promise.allSettled(
      looks.map((look) => answerable({ host: name }, () => look(name, objects))),
    );`,
    replace: `const outcomes: PromiseSettledResult<void>[] = [];
    for (const look of looks) {
      outcomes.push(...(await Promise.allSettled([look(name, objects)])));
      if (outcomes.some(({ status }) => status === "rejected")) break;
    }`,
    tests: [WATCH],
  },
  {
    name: "what a failed look was about is not looked at again",
    file: "src/operations/watch.ts",
    find: "else if (failures > 0) wholeAt = Math.min(wholeAt, this.#wholeAfter(failures));",
    replace: "",
    tests: [WATCH],
  },
  {
    name: "a server that the store does not know is ended",
    file: "src/servers/lifecycle/look.ts",
    find: "    else this.#say({ uuid, host, generation: instance.generation });",
    replace: "    else await hosts.get(host).servers.end(uuid, instance.generation + 1);",
    tests: [RECORDS],
  },
  {
    name: "no answer of a host is taken for the end of its servers",
    file: "src/servers/lifecycle/look.ts",
    find: "const instances = await instancesOn(servers, objects);",
    replace: "const instances = await instancesOn(servers, objects).catch(() => []);",
    tests: [FAULTS],
  },
  {
    name: "while one look fails, nothing is heard of the others",
    file: "src/operations/watch.ts",
    find: "const objects = performance.now() >= wholeAt ? null : (changes?.objects ?? null);",
    replace: "const objects = failures > 0 ? null : (changes?.objects ?? null);",
    tests: [WATCH],
  },
  {
    name: "a look waits for a server's host that hangs",
    file: "src/servers/lifecycle/look.ts",
    find: "    await within(patienceMs, what, followed);",
    replace: "    await followed;",
    tests: [FAULTS],
  },
  {
    name: "a run that was counted is counted again where the next start fails",
    file: "src/servers/lifecycle/settle-end.ts",
    find: "instance.ranAt >= server.startGeneration",
    replace: "instance.ranAt >= 0",
    tests: [ENDS],
  },
  {
    name: "a command waits for one that hangs without end",
    file: "src/base/keyed-lock.ts",
    find: "      isLate = true;",
    replace: "",
    tests: [WORKER],
  },
  {
    name: "one server that cannot be settled stands in the way of the others",
    file: "src/servers/lifecycle/look.ts",
    find: "const outcomes = await Promise.allSettled(due.map((pair) => this.#followWithin(host, pair)));",
    replace: `const outcomes: PromiseSettledResult<void>[] = [];
    for (const pair of due) await this.#followWithin(host, pair);`,
    tests: [ENDS],
  },
  {
    name: "a host forgets a run before its end is recorded",
    file: "src/servers/lifecycle/end.ts",
    find: "    const instance = await servers.find(object);\n",
    replace:
      "    const instance = await servers.find(object);\n    await servers.release(object, generation);\n",
    tests: [CUT_OFF],
  },
  {
    name: "a stop waits for what hangs",
    file: "src/servers/lifecycle/end.ts",
    find: "  let isStopping = false;\n",
    replace: "  await worker.quiet(uuid);\n  let isStopping = false;\n",
    tests: [FAULTS],
  },
  {
    name: "each look takes up as many as may go on at once",
    file: "src/operations/worker.ts",
    find: "slot.most - this.#takenUp(slot)",
    replace: "slot.most - 0 * this.#takenUp(slot)",
    tests: [WORKER],
  },
  {
    name: "an attempt reads its server though a later one has settled it",
    file: "src/servers/lifecycle/start.ts",
    find: "if (server === null || !(await isLatest(tx, operation)))",
    replace: "if (server === null || server.generation !== operation.generation)",
    tests: [FAULTS],
  },
  {
    name: "a lease of before the clock was set back lasts until that time comes again",
    file: "src/operations/lease.ts",
    find: '      row("lease_until_ms", ">", aheadMs),\n',
    replace: "",
    tests: [WORKER],
  },
  {
    name: "a host that is away is asked again without a pause",
    file: "src/operations/watch.ts",
    find: "        await delay(lookAgainMs, undefined, { signal, ref: false });\n",
    replace: "",
    tests: [WATCH],
  },
];
