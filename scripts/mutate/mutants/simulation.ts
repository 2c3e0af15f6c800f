/**
 * Bugs of the control plane that a simulation of it finds with the fixed seeds of its test, within the 15,000 steps of each
 * that the test takes, or within `steps`.
 */
import type { Mutant } from "../mutant.ts";

const SIMULATION = ["test/state/simulation.test.ts"];
const DRIVES = "test/state/drives.test.ts";

export const SIMULATED: readonly Mutant[] = [
  {
    name: "who starts a server takes drives that another has",
    file: "src/drives/can.ts",
    find: "    return usedBy(other, drive);",
    replace: "    return other === undefined ? null : null;",
    tests: SIMULATION,
  },
  {
    name: "a server keeps its drives when it ends",
    file: "src/servers/lifecycle/settle-end.ts",
    find: "  await releaseDrives(tx, server.uuid);\n",
    replace: "",
    tests: SIMULATION,
  },
  {
    name: "two commands change one object at once",
    file: "src/operations/operation.ts",
    find: "  if (operation === null || beside.includes(operation.action)) return;\n",
    replace: "  if (operation === null || beside.length >= 0) return;\n",
    tests: SIMULATION,
  },
  {
    name: "a start is recorded as done before its host has launched it",
    file: "src/servers/lifecycle/start.ts",
    find: "    await servers.launch(spec, generation);\n  });",
    replace: "    void servers.launch(spec, generation).catch(() => {});\n  });",
    tests: SIMULATION,
  },
  {
    name: "an address is free before the end of its server is recorded",
    file: "src/servers/lifecycle/end.ts",
    find: "    await atLatest(dependencies, operation, () => servers.end(object, generation));\n",
    replace: `    await store.transaction((tx) => tx.deleteFrom("addresses").where("server", "=", object).execute());
    await atLatest(dependencies, operation, () => servers.end(object, generation));\n`,
    tests: SIMULATION,
  },
  {
    name: "the room of a server is not given back when it ends",
    file: "src/servers/need.ts",
    find: "  await allocate(tx, host, { mhz: -cpuMhz, memMib: -memMib });",
    replace: "  await allocate(tx, host, { mhz: -cpuMhz, memMib: -0 * memMib });",
    tests: SIMULATION,
  },
  {
    name: "the room of a growth that its host refused is not given back",
    file: "src/drives/lifecycle/set.ts",
    find: "    await allocate(tx, operation.host, { diskBytes: -allocatedBy(resize, drive) });\n",
    replace: "    await allocate(tx, operation.host, { diskBytes: -0 * allocatedBy(resize, drive) });\n",
    tests: SIMULATION,
  },
  {
    name: "a request that is repeated makes another object",
    file: "src/operations/idempotency.ts",
    find: "    if (repeat !== null) await remember(tx, repeat, made.object);",
    replace: "    if (repeat !== null) await remember(tx, { ...repeat, key: made.object }, made.object);",
    tests: SIMULATION,
  },
  {
    name: "what a daemon was at when it died is taken up by nobody",
    file: "src/operations/lease.ts",
    find: `      row("lease_until_ms", "<", nowMs),
      row("lease_until_ms", ">", aheadMs),
`,
    replace: "",
    tests: SIMULATION,
  },
  {
    name: "a lease of before the clock was set back is eternal",
    file: "src/operations/lease.ts",
    find: '      row("lease_until_ms", ">", aheadMs),\n',
    replace: "",
    tests: SIMULATION,
  },
  {
    name: "what was put off before the clock was set back waits until that time comes again",
    file: "src/operations/lease.ts",
    find: '    row.or([row("next_try_ms", "<=", nowMs), row("next_try_ms", ">", aheadMs)]);',
    replace: '    row("next_try_ms", "<=", nowMs);',
    tests: SIMULATION,
  },
  {
    name: "a lease keeps no other daemon off",
    file: "src/operations/lease.ts",
    find: '      row("lease_until_ms", "<", nowMs),\n',
    replace: '      row("lease_until_ms", ">", 0),\n',
    tests: SIMULATION,
  },
  {
    name: "an attempt that lost its lease settles what a later one is at",
    file: "src/operations/operation.ts",
    find: 'deleteFrom("operations").where(isAttempt(operation))',
    replace: 'deleteFrom("operations").where("object", "=", operation.object)',
    tests: SIMULATION,
    steps: 40_000,
  },
  {
    name: "a drive that was destroyed comes back with a creation that is late",
    file: "src/drives/lifecycle/destroy.ts",
    find: "  const generation = operation.generation + 1;\n  const removal",
    replace: "  const generation = operation.generation;\n  const removal",
    tests: SIMULATION,
  },
  {
    name: "a drive is destroyed for its caller before its file is",
    file: "src/drives/lifecycle/destroy.ts",
    find: "  await hosts.get(host).drives.destroy(uuid, generation);\n",
    replace: "  void hosts.get(host).drives.destroy(uuid, generation).catch(() => {});\n",
    tests: SIMULATION,
  },
  {
    name: "the key of a drive that is destroyed stays until its file has gone",
    file: "src/drives/lifecycle/destroy.ts",
    find: `  await changeRow(tx, uuid, { phase: "destroying", wrapped_secret: null, generation });
  return`,
    replace: `  await changeRow(tx, uuid, { phase: "destroying", generation });
  return`,
    tests: SIMULATION,
  },
  {
    name: "a drive is written on while it is resized",
    file: "src/drives/transfer.ts",
    find: "    await dependencies.records.ensureNotChanging(drive.uuid);\n",
    replace: "",
    tests: SIMULATION,
    steps: 115_000,
  },
  {
    name: "a speed that was taken back stays allocated",
    file: "src/servers/lifecycle/apply.ts",
    find: "  if (mhz !== 0) await allocate(tx, host, { mhz });\n",
    replace: "",
    tests: SIMULATION,
  },
  {
    name: "an imaging that has ended stays recorded as under way",
    file: "src/drives/imaging/image.ts",
    find: `    if (error === null) await tx.deleteFrom("imagings").where("target", "=", target).execute();`,
    replace: `    if (error === null) await tx.deleteFrom("imagings").where("target", "=", "").execute();`,
    tests: SIMULATION,
  },
  {
    name: "what guests wrote is not counted when their server ends",
    file: "src/servers/lifecycle/settle-end.ts",
    find: "    await keepIo(tx, server, instance.counters);\n",
    replace: "",
    tests: SIMULATION,
  },
  {
    name: "a server keeps its addresses when it ends",
    file: "src/servers/lifecycle/settle-end.ts",
    find: "  await releaseUses(tx, server.uuid);\n",
    replace: "",
    tests: SIMULATION,
  },
  {
    name: "the space of a destroyed drive is not given back",
    file: "src/drives/lifecycle/destroy.ts",
    find: "    await allocate(tx, host, { diskBytes: -size_bytes });\n",
    replace: "    await allocate(tx, host, { diskBytes: -0 * size_bytes });\n",
    tests: SIMULATION,
  },
  // What the simulation has found in Lodge, with quicker tests that hold it.
  {
    name: "a shrink gives its space back before its host has done it",
    file: "src/drives/lifecycle/set.ts",
    find: "  const allocatedBytes = Math.max(0, sizeBytes - drive.sizeBytes);\n",
    replace: "  const allocatedBytes = sizeBytes - drive.sizeBytes;\n",
    tests: [DRIVES],
  },
  {
    name: "a resize that was done is undone in the records when its host refuses it again",
    file: "src/drives/lifecycle/set.ts",
    find: "  return after !== before && (await host.describe(drive.uuid))?.sizeBytes === after;",
    replace: "  return after !== before && (await host.describe(drive.uuid))?.sizeBytes === -after;",
    tests: [DRIVES],
  },
  {
    name: "a start whose commit had no answer is undone although it was made",
    file: "src/servers/lifecycle/start.ts",
    find: "    if (error instanceof CommitUnknown && (await wasRecorded(dependencies, operation))) return;\n",
    replace: "",
    tests: ["test/state/server-faults.test.ts"],
  },
  {
    name: "a change that was taken back before a stop overtook it is answered as done",
    file: "src/servers/lifecycle/set.ts",
    find: "    if (!(await isKept(store, uuid, change))) throw error;\n",
    replace: "",
    tests: ["test/state/server-changes.test.ts"],
  },
  {
    name: "the lease of what waits until others have ended is not renewed",
    file: "src/operations/worker.ts",
    find: "    this.#waiting.add(operation);\n",
    replace: "",
    tests: ["src/operations/worker.test.ts"],
  },
  {
    name: "a drive is written on although an imaging onto it, which is ended, may begin yet",
    file: "src/drives/changing.ts",
    find: '  [END_COPY, "drive_imaged"],\n',
    replace: "",
    tests: ["test/state/reader-imagings.test.ts"],
  },
  {
    name: "an imaging that its host refused begins when it comes there again",
    file: "src/drives/imaging/image.ts",
    find: "    await host.forgetJob({ id: jobId(target, generation), target }, generation);\n",
    replace: "",
    tests: ["test/state/reader-imagings.test.ts"],
  },
  {
    name: "a host keeps all copy jobs that nobody came to forget",
    file: "src/host/volumes/copy-jobs.ts",
    find: '      if (job.target.uuid === target && state.state !== "running") this.#jobs.delete(id);',
    replace: '      if (job.target.uuid === "" && state.state !== "running") this.#jobs.delete(id);',
    tests: ["src/host/volumes/copy-jobs.test.ts"],
  },
];
