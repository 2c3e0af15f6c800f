/**
 * The image's disk, made without mounting anything: a GUID partition table with room for the boot loader and, last on
 * the disk so that it can grow, the root file system.
 */
import { closeSync, openSync, readFileSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { type Build, runAsRoot } from "./system.ts";

export const DISK_SIZE_BYTES = 2 * 2 ** 30;

const SECTOR_BYTES = 512;

/** In sectors. What the table's copy takes at the disk's end, rounded up to a MiB, stays free. */
const LOADER = { first: 2048, count: 2048 } as const;
const ROOT = { first: 4096, count: DISK_SIZE_BYTES / SECTOR_BYTES - 4096 - 2048 } as const;

/** The kinds of the two partitions (UEFI and the Discoverable Partitions Specification): BIOS boot, Linux root. */
const LOADER_TYPE = "21686148-6449-6E6F-744E-656564454649";
const ROOT_TYPE = "4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709";

/** Debian 12's own choice, said in full: the tools of a newer system would choose what its boot loader cannot read. */
const FEATURES =
  "none,has_journal,ext_attr,resize_inode,dir_index,filetype,extent,64bit,flex_bg,sparse_super,large_file," +
  "huge_file,dir_nlink,extra_isize,metadata_csum";

/** Where GRUB's first sector and that of its core keep the sector to go on from (GRUB: boot.S, diskboot.S). */
const NEXT_SECTOR_AT = { boot: 0x5c, core: 0x1f4 } as const;

/** What the boot loader may take of the first sector: the rest is the partition table's. */
const BOOT_CODE_BYTES = 440;

/** Makes the disk `file` from the system in the folder `root`, with the uuids given. */
export async function makeDisk(
  file: string,
  root: string,
  uuids: { readonly disk: string; readonly root: string },
  build: Build,
): Promise<void> {
  writeFileSync(file, "");
  truncateSync(file, DISK_SIZE_BYTES);
  await partition(file, uuids, build);
  const extended = `offset=${ROOT.first * SECTOR_BYTES},hash_seed=${uuids.root}`;
  await runAsRoot(build, [
    ...["mkfs.ext4", "-q", "-F", "-d", root, "-L", "root", "-U", uuids.root, "-O", FEATURES],
    ...["-E", extended, file, `${(ROOT.count * SECTOR_BYTES) / 1024}k`],
  ]);
  installLoader(file, join(root, "boot", "grub", "i386-pc"));
}

async function partition(
  file: string,
  uuids: { readonly disk: string; readonly root: string },
  build: Build,
): Promise<void> {
  const table = [
    ...["label: gpt", `label-id: ${uuids.disk}`, `first-lba: ${LOADER.first}`],
    // 14 as on Debian's own images: the number 1 is the root file system's.
    `14 : start=${LOADER.first}, size=${LOADER.count}, type=${LOADER_TYPE}`,
    `1 : start=${ROOT.first}, size=${ROOT.count}, type=${ROOT_TYPE}, uuid=${uuids.root}`,
  ];
  const script = `${file}.sfdisk`;
  writeFileSync(script, `${table.join("\n")}\n`);
  await runAsRoot(build, ["sh", "-c", 'sfdisk --quiet "$1" < "$2"', "sh", file, script]);
}

/** What grub-install does: the boot code into the first sector, the core into its partition, each told where to go on. */
function installLoader(file: string, modules: string): void {
  const boot = readFileSync(join(modules, "boot.img"));
  const core = readFileSync(join(modules, "core.img"));
  if (core.length > LOADER.count * SECTOR_BYTES)
    throw new Error("the boot loader is larger than its partition");
  boot.writeBigUInt64LE(BigInt(LOADER.first), NEXT_SECTOR_AT.boot);
  core.writeBigUInt64LE(BigInt(LOADER.first + 1), NEXT_SECTOR_AT.core);
  const disk = openSync(file, "r+");
  try {
    writeSync(disk, boot, 0, BOOT_CODE_BYTES, 0);
    writeSync(disk, core, 0, core.length, LOADER.first * SECTOR_BYTES);
  } finally {
    closeSync(disk);
  }
}
