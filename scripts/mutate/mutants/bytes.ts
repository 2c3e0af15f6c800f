/** Planted bugs in the form of drives' files, and in what is packed and unpacked. */
import type { Mutant } from "../mutant.ts";

const QCOW2 = "src/host/volumes/qcow2.ts";
const FORM = "src/host/volumes/qcow2.test.ts";
const OLD_FORM = "src/host/volumes/old-form.test.ts";

export const BYTES: readonly Mutant[] = [
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
    tests: ["src/host/volumes/qcow2.test.ts"],
  },
];
