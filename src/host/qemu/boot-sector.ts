/** A guest of a few bytes: the boot sector of a PC's disk, which the BIOS runs in real mode at 0000:7C00. */

const SECTOR_BYTES = 512;
/** The BIOS reads by cylinder, head and sector: a disk of less than one cylinder (504 KiB) has none to read. */
const DISK_BYTES = 2 ** 20;

/** A disk whose boot sector is `code`, with the mark 55 AA that the BIOS wants at its end. */
export function bootDisk(code: readonly number[]): Buffer {
  const disk = Buffer.alloc(DISK_BYTES);
  disk.set(code);
  disk.writeUInt16LE(0xaa55, SECTOR_BYTES - 2);
  return disk;
}

/** `out port, value` (through DX and AL). */
export const out = (port: number, value: number): number[] => [
  ...[0xba, port & 0xff, port >> 8],
  ...[0xb0, value],
  0xee,
];

/** `cli; hlt` and, should anything wake it, again. */
export const HALT: readonly number[] = [0xfa, 0xf4, 0xeb, 0xfd];
