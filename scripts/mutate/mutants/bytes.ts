/** Planted bugs in the form of drives' files, and in what is packed and unpacked. */
import type { Mutant } from "../mutant.ts";

const QCOW2 = "src/host/volumes/qcow2.ts";
const GUNZIP = "src/base/gunzip.ts";
const FORM = "src/host/volumes/qcow2.test.ts";
const OLD_FORM = "src/host/volumes/old-form.test.ts";

export const BYTES: readonly Mutant[] = [
  {
    name: "memory that bytes passed through is kept without bound",
    file: "src/base/transfer-memory.ts",
    find: "keptBytes + buffer.byteLength > KEPT_BYTES",
    replace: "keptBytes < 0",
    tests: ["src/base/transfer-memory.test.ts"],
  },
  {
    name: "who gave memory back may still write to it",
    file: "src/base/transfer-memory.ts",
    find: "some.push(buffer.transfer())",
    replace: "some.push(buffer)",
    tests: ["src/base/transfer-memory.test.ts"],
  },
  {
    name: "new drives have no extended L2 entries",
    file: QCOW2,
    find: "header.writeBigUInt64BE(EXTENDED_L2_ENTRIES, 72);",
    replace: "",
    tests: [FORM],
  },
  {
    name: "the first table of a large drive is as long as for entries of 8 bytes",
    file: QCOW2,
    find: "const L2_ENTRY_BYTES = 16;",
    replace: "const L2_ENTRY_BYTES = 8;",
    tests: [FORM],
  },
  {
    name: "drives of an earlier release are not opened",
    file: QCOW2,
    find: "(header.readBigUInt64BE(72) & ~INCOMPATIBLE_FEATURES) === 0n",
    replace:
      "(header.readBigUInt64BE(72) & ~INCOMPATIBLE_FEATURES) === 0n &&\n    header.readUInt32BE(20) === 17",
    tests: [OLD_FORM],
  },
  {
    name: "what a shrink left in the second half of a cluster comes back",
    file: "src/host/volumes/resize.ts",
    find: "Math.ceil(volume.sizeBytes / CLUSTER_BYTES) * CLUSTER_BYTES;",
    replace: "Math.ceil(volume.sizeBytes / 65_536) * 65_536;",
    tests: [FORM],
  },
  {
    name: "what is behind the padding of a gzip stream is dropped",
    file: GUNZIP,
    find: "for (let count = 1; await input.passZeroes(); count++) {",
    replace: "for (let count = 1; count < 1; count++) {",
    tests: ["src/base/gunzip.test.ts", "src/http/body/gzip.test.ts"],
  },
  {
    name: "members behind padding have no bound",
    file: GUNZIP,
    find: "const MOST_BEHIND_PADDING = 100;",
    replace: "const MOST_BEHIND_PADDING = Number.POSITIVE_INFINITY;",
    tests: ["src/base/gunzip.test.ts"],
  },
  {
    name: "padding is passed over by whole blocks that are not zero",
    file: GUNZIP,
    find: "if (isZero(block)) {",
    replace: "if (block[0] === 0) {",
    tests: ["src/base/gunzip.test.ts"],
  },
  {
    name: "igzip is never used",
    file: "src/host/volumes/packer.ts",
    find: 'isThere("igzip")',
    replace: 'isThere("igzip ")',
    tests: ["src/host/volumes/packer.test.ts"],
  },
  {
    name: "a small buffer of sockets is enough for the doctor",
    file: "src/host/doctor/socket-buffers.ts",
    find: "const ENOUGH_BYTES = 2 ** 20;",
    replace: "const ENOUGH_BYTES = 2 ** 10;",
    tests: ["src/host/doctor/socket-buffers.test.ts"],
  },
];
