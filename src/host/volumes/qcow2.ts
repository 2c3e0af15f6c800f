/**
 * An empty qcow2 file, with LUKS encryption or without, laid out by us (QEMU docs/interop/qcow2.txt). What is encrypted
 * is qcow2, because its map of what is allocated makes holes read as zeroes; a hole of a raw LUKS file decrypts to noise.
 */
import { LUKS_HEADER_BYTES } from "./luks.ts";

/**
 * The unit of allocation of what is laid out here. An extended L2 entry has a bit for each 32nd of it, 4 KiB: what is smaller
 * than a cluster is written without the rest of it. Files that earlier releases laid out have clusters of 64 KiB, and none such.
 */
export const CLUSTER_BYTES = 128 * 1024;
export const HEADER_BYTES = 104;
const VERSION = 3;
const CRYPT_METHOD_NONE = 0;
const CRYPT_METHOD_LUKS = 2;
const REFCOUNT_ORDER = 4; // 16 bits each
const EXTENSION_FULL_DISK_ENCRYPTION = 0x0537be77;
const EXTENDED_L2_ENTRIES = 1n << 4n; // an incompatible feature
const L2_ENTRY_BYTES = 16;
/** What one entry of the L1 table maps: a cluster full of entries, each of a cluster. */
const BYTES_PER_L1_ENTRY = (CLUSTER_BYTES / L2_ENTRY_BYTES) * CLUSTER_BYTES;

/** A part of the file and where it stands; what no part covers is a hole. */
export type Part = { readonly offset: number; readonly bytes: Buffer };

/**
 * The parts of an empty volume of `sizeBytes` (a multiple of 512), and the length of its file. In order: header,
 * refcount table, its only block, the L1 table, the LUKS header (null: it is not encrypted).
 */
export function emptyQcow2(
  sizeBytes: number,
  luksHeader: Buffer | null,
): { readonly parts: readonly Part[]; readonly fileBytes: number } {
  const l1Entries = Math.max(1, Math.ceil(sizeBytes / BYTES_PER_L1_ENTRY));
  const refcountTableOffset = CLUSTER_BYTES;
  const refcountBlockOffset = 2 * CLUSTER_BYTES;
  const l1Offset = 3 * CLUSTER_BYTES;
  const luksOffset = l1Offset + clusters(l1Entries * 8) * CLUSTER_BYTES;
  const usedClusters = luksOffset / CLUSTER_BYTES + (luksHeader === null ? 0 : clusters(LUKS_HEADER_BYTES));

  const header = Buffer.alloc(HEADER_BYTES + 8 + 16 + 8);
  header.write("QFI\xfb", 0, "latin1");
  header.writeUInt32BE(VERSION, 4);
  header.writeUInt32BE(Math.log2(CLUSTER_BYTES), 20);
  header.writeBigUInt64BE(BigInt(sizeBytes), 24);
  header.writeUInt32BE(luksHeader === null ? CRYPT_METHOD_NONE : CRYPT_METHOD_LUKS, 32);
  header.writeUInt32BE(l1Entries, 36);
  header.writeBigUInt64BE(BigInt(l1Offset), 40);
  header.writeBigUInt64BE(BigInt(refcountTableOffset), 48);
  header.writeUInt32BE(1, 56); // clusters of the refcount table
  header.writeBigUInt64BE(EXTENDED_L2_ENTRIES, 72);
  header.writeUInt32BE(REFCOUNT_ORDER, 96);
  header.writeUInt32BE(HEADER_BYTES, 100);
  if (luksHeader !== null) {
    header.writeUInt32BE(EXTENSION_FULL_DISK_ENCRYPTION, 104);
    header.writeUInt32BE(16, 108);
    header.writeBigUInt64BE(BigInt(luksOffset), 112);
    header.writeBigUInt64BE(BigInt(LUKS_HEADER_BYTES), 120);
  }

  const refcountTable = Buffer.alloc(8);
  refcountTable.writeBigUInt64BE(BigInt(refcountBlockOffset));
  const refcounts = Buffer.alloc(2 * usedClusters);
  for (let cluster = 0; cluster < usedClusters; cluster++) refcounts.writeUInt16BE(1, 2 * cluster);

  return {
    parts: [
      { offset: 0, bytes: header },
      { offset: refcountTableOffset, bytes: refcountTable },
      { offset: refcountBlockOffset, bytes: refcounts },
      ...(luksHeader === null ? [] : [{ offset: luksOffset, bytes: luksHeader }]),
    ],
    fileBytes: usedClusters * CLUSTER_BYTES,
  };
}

/** What may be wrong with a file that was not closed: dirty (bit 0), corrupt (bit 1); and the form of its own tables. */
const INCOMPATIBLE_FEATURES = 0b11n | EXTENDED_L2_ENTRIES;

/**
 * Whether a file is what it is by itself, as those that we make are. A header may have other files opened by their names, as
 * a backing file or for the data, and tables loaded of any length: snapshots, and what autoclear features stand for.
 *
 * @param header the first HEADER_BYTES of the file
 */
export function isSelfContained(header: Buffer): boolean {
  return (
    header.length === HEADER_BYTES &&
    header.readUInt32BE(4) === VERSION &&
    header.readBigUInt64BE(8) === 0n && // where a backing file is named
    header.readUInt32BE(60) === 0 && // snapshots
    (header.readBigUInt64BE(72) & ~INCOMPATIBLE_FEATURES) === 0n &&
    header.readBigUInt64BE(88) === 0n // autoclear features
  );
}

function clusters(bytes: number): number {
  return Math.ceil(bytes / CLUSTER_BYTES);
}
