/**
 * Guests of a few bytes, in the boot sectors of drives: they are there in a second, and do one thing. What they have to
 * say they write on the screen, which is read as the text that it is.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { openHome } from "../../src/home.ts";
import { bootDisk, HALT } from "../../src/host/qemu/boot-sector.ts";
import { type RunDirectory, runDirectory } from "../../src/host/qemu/run-directory.ts";
import { connectQmp } from "../../src/host/wire/qmp.ts";
import type { Cloud } from "../cloud.ts";
import { until } from "../until.ts";

export type Code = readonly number[];

/** Writes the text on the screen, by the BIOS. */
export const show = (text: string): Code => [
  ...[0xb4, 0x0e, 0xbb, 0x07, 0x00], //                mov ah,0e; mov bx,7
  ...[...text].flatMap((letter) => [0xb0, letter.charCodeAt(0), 0xcd, 0x10]), // mov al,letter; int 10
];

/** Writes one character on the serial port, and sleeps. */
export const SAY_ONCE: Code = [0xba, 0xf8, 0x03, 0xb0, 0x21, 0xee, ...HALT]; // mov dx,3f8; mov al,'!'; out dx,al

/** Writes on the serial port as fast as it can, whenever that takes something. */
export const FLOOD: Code = [
  ...[0xba, 0xfd, 0x03, 0xec, 0xa8, 0x20, 0x74, 0xf8], // next: mov dx,3fd; in al,dx; test al,20; jz next
  ...[0xba, 0xf8, 0x03, 0xb0, 0x23, 0xee, 0xeb, 0xf0], //       mov dx,3f8; mov al,'#'; out dx,al; jmp next
];

/** Leaves it to the BIOS to boot from the next device. */
export const GIVE_UP: Code = [0xcd, 0x18];

/** Says that its kernel has broken down, as Linux does by the driver pvpanic. */
export const PANIC: Code = [0xba, 0x05, 0x05, 0xb0, 0x01, 0xee, ...HALT]; // mov dx,505; mov al,1; out dx,al

/**
 * Does the one at the first boot since the power was turned on, and the other after a reset, which leaves the memory as
 * it is; but for what the BIOS clears, below 1 MiB.
 */
export const firstThen = (first: Code, then: Code): Code => [
  ...[0xb8, 0xff, 0xff, 0x8e, 0xd8], //        mov ax,ffff; mov ds,ax
  ...[0x81, 0x3e, 0x00, 0x10, 0x5a, 0xa5], //  cmp word [1000],a55a
  ...[0x74, first.length + 6], //              je then
  ...[0xc7, 0x06, 0x00, 0x10, 0x5a, 0xa5], //  mov word [1000],a55a
  ...first,
  ...then,
];

/** Piece number N of the pieces that `writePieces` writes is 32 KiB of the word N, at N times 32 KiB. */
export const PIECE_BYTES = 2 ** 15;

/** Writes pieces 1 to `count` onto its first disk, and then says `done`. */
export function writePieces(count: number): Code {
  const [packet, low, number] = [0x7cc0, 0x7cc8, 0x7cd0];
  const word = (value: number) => [value & 0xff, value >> 8];
  const start = [0x31, 0xc0, 0x8e, 0xd8, 0xfc]; // xor ax,ax; mov ds,ax; cld
  const failed = [...show("failed"), ...HALT];
  const write = [
    ...[0xb8, 0x00, 0x10, 0x8e, 0xc0, 0x31, 0xff], //   next: mov ax,1000; mov es,ax; xor di,di
    ...[0xa1, ...word(number)], //                            mov ax,[number]
    ...[0xb9, 0x00, 0x40, 0xf3, 0xab], //                     mov cx,4000; rep stosw
    ...[0xb8, 0x00, 0x43, 0xb2, 0x80], //                     mov ax,4300; mov dl,80
    ...[0xbe, ...word(packet), 0xcd, 0x13], //                mov si,packet; int 13
    ...[0x73, failed.length, ...failed], //                   jnc on
    ...[0x83, 0x06, ...word(low), 0x40], //               on: add word [low],40
    ...[0xff, 0x06, ...word(number)], //                      inc word [number]
    ...[0x81, 0x3e, ...word(number), ...word(count + 1)], //  cmp word [number],count+1
  ];
  const code = [...start, ...write, 0x75, 0x100 - write.length - 2, ...show("done"), ...HALT]; // jne next
  const gap = Array.from({ length: packet - 0x7c00 - code.length }, () => 0);
  // 64 sectors from 1000:0000 to sector 64, 128, … (INT 13h extensions, disk address packet); the number, from 1.
  const data = [16, 0, 64, 0, 0, 0, 0x00, 0x10, 64, 0, 0, 0, 0, 0, 0, 0, 1, 0];
  return [...code, ...gap, ...data];
}

/** A CD whose boot image is the code (El Torito, 1.0: no emulation). */
export function bootCd(code: Code): Buffer {
  const SECTOR = 2048;
  const disc = Buffer.alloc(32 * SECTOR);
  const sector = (number: number) => disc.subarray(number * SECTOR, (number + 1) * SECTOR);
  sector(16).write("\u0001CD001\u0001", "latin1");
  sector(17).write("\u0000CD001\u0001EL TORITO SPECIFICATION", "latin1");
  sector(17).writeUInt32LE(18, 0x47);
  const catalogue = sector(18);
  catalogue.writeUInt8(1, 0);
  catalogue.writeUInt16LE(0xaa55, 0x1e);
  catalogue.writeUInt16LE(0x10000 - 0xaa55 - 1, 0x1c);
  catalogue.writeUInt8(0x88, 0x20);
  catalogue.writeUInt16LE(1, 0x26);
  catalogue.writeUInt32LE(19, 0x28);
  sector(19).set(code);
  return disc;
}

/** A drive with these bytes at its beginning. */
export async function driveOf(
  cloud: Cloud,
  bytes: Buffer,
  properties: Readonly<Record<string, string | number>> = {},
): Promise<string> {
  const made = await cloud.make("drives/create", { name: "small", size: bytes.length, ...properties });
  const drive = made.get("drive") ?? "";
  const answer = await cloud.ask(`drives/${drive}/write`, { body: bytes });
  assert.equal(answer.status, 204, answer.text);
  return drive;
}

export const diskOf = (
  cloud: Cloud,
  code: Code,
  properties: Readonly<Record<string, string | number>> = {},
): Promise<string> => driveOf(cloud, bootDisk(code), properties);

/** A drive on which nothing was ever written. */
export async function blankDrive(cloud: Cloud): Promise<string> {
  return (await cloud.make("drives/create", { name: "blank", size: "1M" })).get("drive") ?? "";
}

/** Where the server has what its QEMU listens at. */
export const runDirectoryOf = (cloud: Cloud, server: string): RunDirectory =>
  runDirectory(join(openHome(cloud.home).runDir, "servers"), server);

const COLUMNS = 80;
const ROWS = 25;
/** All that VGA keeps in text mode: 32 KiB of two bytes a character. */
export const SCROLLED_ROWS = 204;

/**
 * The lines on the server's screen, which is in text mode; read as an operator would, through QEMU's second monitor. Where
 * more rows are asked for, those that are kept behind them, too.
 */
export async function screenLines(cloud: Cloud, server: string, rows = ROWS): Promise<string[]> {
  const qmp = await connectQmp(runDirectoryOf(cloud, server).sockets.operator);
  try {
    const dump = await qmp.execute<string>("human-monitor-command", {
      "command-line": `xp /${COLUMNS * rows}hx 0xb8000`,
    });
    const cells = [...dump.matchAll(/ 0x([0-9a-f]{4})/g)].map(([, cell]) => Number.parseInt(cell ?? "", 16));
    const text = cells.map((cell) => String.fromCharCode(cell & 0xff)).join("");
    return Array.from({ length: rows }, (_, row) =>
      text
        .slice(row * COLUMNS, (row + 1) * COLUMNS)
        .replaceAll("\0", " ")
        .trimEnd(),
    );
  } finally {
    qmp.close();
  }
}

/** The screen's text once the pattern is found in it. */
export const screenShowing = (cloud: Cloud, server: string, pattern: RegExp): Promise<string> =>
  until(`the screen shows ${pattern}`, async () => {
    const text = (await screenLines(cloud, server)).join("\n");
    return pattern.test(text) ? text : null;
  });
