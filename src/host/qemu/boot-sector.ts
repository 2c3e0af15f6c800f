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

/** `out port, value` for a port below 256 (through AL): the same bytes in either mode. */
export const outByte = (port: number, value: number): number[] => [0xb0, value, 0xe6, port];

/** `cli; hlt` and, should anything wake it, again. */
export const HALT: readonly number[] = [0xfa, 0xf4, 0xeb, 0xfd];

/** Where the BIOS puts the boot sector. */
const ORIGIN = 0x7c00;
/** Where in it the table of segments is: behind all code. */
const GDT = 0x100;
/** Null, then flat code and flat data of 4 GiB. */
const SEGMENTS = [
  ...[0, 0, 0, 0, 0, 0, 0, 0],
  ...[0xff, 0xff, 0, 0, 0, 0x9a, 0xcf, 0],
  ...[0xff, 0xff, 0, 0, 0, 0x92, 0xcf, 0],
];
const [CODE, DATA] = [0x08, 0x10];

const word = (number: number): number[] => [number & 0xff, number >> 8];
const long = (number: number): number[] => [...word(number & 0xffff), ...word(number >>> 16)];

/**
 * Runs `code` in protected mode without paging, entered by an `iret`, as boot loaders do it when they call the BIOS and
 * come back. This is what an accelerator that merely seems to work breaks down at.
 */
export function inProtectedMode(code: readonly number[]): number[] {
  const pointer = GDT + SEGMENTS.length;
  const enter = [
    0xfa, // cli
    ...[0x31, 0xc0, 0x8e, 0xd8], // xor ax, ax; mov ds, ax
    ...[0x66, 0x0f, 0x01, 0x16, ...word(ORIGIN + pointer)], // lgdt [pointer]
    ...[0x0f, 0x20, 0xc0, 0x0c, 0x01, 0x0f, 0x22, 0xc0], // mov eax, cr0; or al, 1; mov cr0, eax
  ];
  const jump = 8;
  const inside = [
    ...[0x66, 0xb8, ...word(DATA), 0x8e, 0xd8, 0x8e, 0xd0], // mov ax, DATA; mov ds, ax; mov ss, ax
    ...[0xbc, ...long(0x7000)], // mov esp, 0x7000
    ...[0x9c, 0x6a, CODE], // pushf; push CODE
  ];
  const back = enter.length + jump + inside.length + 6;
  const sector = [
    ...enter,
    ...[0x66, 0xea, ...long(ORIGIN + enter.length + jump), ...word(CODE)], // jmp CODE:inside
    ...inside,
    ...[0x68, ...long(ORIGIN + back), 0xcf], // push back; iret
    ...code,
  ];
  const gap = Array.from({ length: GDT - sector.length }, () => 0);
  return [...sector, ...gap, ...SEGMENTS, ...word(SEGMENTS.length - 1), ...long(ORIGIN + GDT)];
}
