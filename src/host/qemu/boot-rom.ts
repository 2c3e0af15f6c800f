/**
 * Booting from more hard disks than one (spec: boot, "Set to a list to make multiple devices bootable"). SeaBIOS tries
 * every CD of its list, but of its hard disks the first alone. For each further one it is given an option ROM: an
 * adapter that, when its turn comes, boots from that disk (Plug and Play BIOS Specification 1.0A, 3: bootstrap entry
 * vector). A disk that was not the first is booted under its own number, 81h and up, as its boot loader is told in DL.
 */
import type { Device } from "../host.ts";

const ROM_BYTES = 512;
const FIRST_DISK = 0x80;

/** Where in the ROM its Plug and Play header and its code are. */
const HEADER = 0x20;
const CODE = 0x60;

type Bootable = Pick<Device, "bus" | "media" | "bootIndex">;

/** A hard disk to boot that comes after another: its number to the BIOS from 1, and its place in the boot order. */
export type LaterDisk = { readonly number: number; readonly bootIndex: number };

/** The BIOS numbers its hard disks in the order in which they are to be booted. To it, what virtio has is one always. */
export function laterDisks(devices: readonly Bootable[]): LaterDisk[] {
  return devices
    .filter(({ bus, media }) => media === "disk" || bus === "block")
    .flatMap(({ bootIndex }) => (bootIndex === null ? [] : [bootIndex]))
    .sort((one, other) => one - other)
    .map((bootIndex, number) => ({ number, bootIndex }))
    .slice(1);
}

/** The places in QEMU's boot order: behind each device's own there is one for its ROM. */
export const deviceBootIndex = (bootIndex: number) => 2 * bootIndex;
export const romBootIndex = (bootIndex: number) => 2 * bootIndex + 1;

/** The ROM that boots from a hard disk. */
export function bootRom({ number }: LaterDisk): Buffer {
  const rom = Buffer.alloc(ROM_BYTES);
  rom.set([0x55, 0xaa, ROM_BYTES / 512, 0xcb]); // the mark, the length, and to initialise it: retf
  rom.writeUInt16LE(HEADER, 0x1a);
  const header = rom.subarray(HEADER, HEADER + 32);
  header.write("$PnP");
  header.set([1, header.length / 16], 4); // revision, length
  header.set([1, 0, 0, 0x14], 18); // a mass storage device, from which can be booted
  header.writeUInt16LE(CODE, 26);
  rom.set(code(FIRST_DISK + number), CODE);
  balance(header, 9);
  balance(rom, ROM_BYTES - 1);
  return rom;
}

/** Does what the BIOS does with its first disk; where that is none to boot from, the next in the order has its turn. */
const code = (disk: number): number[] => [
  ...[0x31, 0xc0, 0x8e, 0xd8, 0x8e, 0xc0], //   xor ax,ax; mov ds,ax; mov es,ax
  ...[0xb8, 0x01, 0x02, 0xbb, 0x00, 0x7c], //   mov ax,0201; mov bx,7c00
  ...[0xb9, 0x01, 0x00, 0xba, disk, 0x00], //   mov cx,1; mov dx,disk
  ...[0xcd, 0x13, 0x72, 0x0f], //               int 13; jc next
  ...[0x81, 0x3e, 0xfe, 0x7d, 0x55, 0xaa], //   cmp word [7dfe],aa55
  ...[0x75, 0x07, 0xb2, disk], //               jne next; mov dl,disk
  ...[0xea, 0x00, 0x7c, 0x00, 0x00], //         jmp 0000:7c00
  ...[0xcd, 0x18], //                     next: int 18
];

/** Makes the sum of the bytes 0, by the one at `place`. */
function balance(bytes: Buffer, place: number): void {
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes[place] = -sum & 0xff;
}
