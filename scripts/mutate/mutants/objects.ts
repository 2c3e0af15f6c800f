/** Planted bugs in what becomes of drives, imagings, servers that were taken in, addresses, and of what is damaged. */
import type { Mutant } from "../mutant.ts";

const DRIVES = "test/state/drives.test.ts";
const IMAGING = "test/state/imaging.test.ts";
const READERS = "test/state/reader-imagings.test.ts";
const RECORDS = "test/state/server-records.test.ts";
const CHANGES = "test/state/server-changes.test.ts";
const RESOURCES = "test/state/resources.test.ts";

export const OBJECTS: readonly Mutant[] = [
  {
    name: "a creation is undone at its own generation",
    file: "src/drives/lifecycle/destroy.ts",
    find: "const generation = operation.generation + 1;",
    replace: "const generation = operation.generation;",
    tests: [DRIVES],
  },
  {
    name: "a drive whose row is damaged cannot be destroyed",
    file: "src/drives/rows.ts",
    find: "find(tx, uuid, endingDriveOf);",
    replace: "find(tx, uuid, driveOf);",
    tests: [DRIVES],
  },
  {
    name: "a drive whose row is damaged cannot be found",
    file: "src/drives/records.ts",
    find: "return row?.user === user && row.standard === null ? row : this.own(uuid, user);",
    replace: "return this.own(row?.uuid ?? uuid, user);",
    tests: [DRIVES],
  },
  {
    name: "a host keeps the job of an imaging that has ended",
    file: "src/drives/imaging/image.ts",
    find: "  await host.forgetJob({ id, target }, operation.generation);\n",
    replace: "",
    tests: [IMAGING],
  },
  {
    name: "an imaging that waits is not due when one before it ends",
    file: "src/drives/imaging/image.ts",
    find: "await makeDue(tx, await nextTargets(tx, host, most));",
    replace: "await makeDue(tx, await nextTargets(tx, host, 0 * most));",
    tests: [IMAGING],
  },
  {
    name: "a drive that is resized is the source of an imaging",
    file: "src/drives/imaging/image.ts",
    find: "  await ensureNotChanging(tx, source);\n",
    replace: "",
    tests: [IMAGING],
  },
  {
    name: "a write that is refused ends readers' imagings",
    file: "src/drives/transfer.ts",
    find: "    if (lengthBytes > restBytes) throw pastEnd(drive.sizeBytes);\n",
    replace:
      "    await endReadersImagingsToWrite(dependencies, drive.uuid);\n    if (lengthBytes > restBytes) throw pastEnd(drive.sizeBytes);\n",
    tests: [READERS],
  },
  {
    name: "a target whose row is damaged keeps its source from being destroyed",
    file: "src/drives/imaging/readers.ts",
    find: "await findEndingDrive(tx, target)]",
    replace: "await findDrive(tx, target)]",
    tests: [READERS],
  },
  {
    name: "a server that was taken in does not have its addresses",
    file: "src/servers/unknown.ts",
    find: "if (address !== undefined) await keepAddress(tx, uuid, address);",
    replace: "if (address === '') await keepAddress(tx, uuid, address);",
    tests: [RECORDS],
  },
  {
    name: "a server that was taken in is not in its VLAN",
    file: "src/servers/unknown.ts",
    find: "if (vlan !== null) await joinVlan(",
    replace: "if (vlan === '') await joinVlan(",
    tests: [RECORDS],
  },
  {
    name: "a server that was taken in holds what its run before held",
    file: "src/servers/unknown.ts",
    find: "    if (known !== null) await freeAll(tx, known);\n",
    replace: "",
    tests: [RECORDS],
  },
  {
    name: "an address that an active server uses is destroyed",
    file: "src/resources/lifecycle.ts",
    find: "    await ensureUnused(tx, id);\n",
    replace: '    if (id.type === "vlan") await ensureUnused(tx, id);\n',
    tests: [RESOURCES],
  },
  {
    name: "an address that a server uses is given to somebody",
    file: "src/resources/addresses.ts",
    find: "!(await isUsed(tx, address)) && (await enter(address))",
    replace: "(await isUsed(tx, address), await enter(address))",
    tests: [RESOURCES],
  },
  {
    name: "a change stands although its server is being destroyed",
    file: "src/servers/lifecycle/set.ts",
    find: 'if (server === null || server.phase === "destroying") return false;',
    replace: "if (server === null) return false;",
    tests: [CHANGES],
  },
  {
    name: "a drive whose new size is not settled is written",
    file: "src/drives/transfer.ts",
    find: "    await dependencies.records.ensureNotChanging(drive.uuid);\n",
    replace: "",
    tests: ["test/state/drives.test.ts"],
  },
];
