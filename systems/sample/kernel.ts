/**
 * The kernel, packed so that a machine that is emulated unpacks it quickly: Debian's is in xz, over whose unpacking such a
 * guest spends two fifths of its whole boot. What is in it is taken out, packed in lz4, and put behind a loader of our own;
 * what a boot loader reads first, the setup, stays Debian's (The Linux/x86 Boot Protocol: "The Real-Mode Kernel Header",
 * "64-bit Boot Protocol").
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../debian-tools.ts";
import { loader } from "./loader.ts";

/** Where the header has what: offsets in the file. */
const SETUP_SECTORS = 0x1f1;
const SYSTEM_SIZE = 0x1f4;
const IS_RELOCATABLE = 0x234;
const FURTHER_ENTRIES = 0x236;
const PAYLOAD_OFFSET = 0x248;
const PAYLOAD_BYTES = 0x24c;
const PREFERRED_ADDRESS = 0x258;
const HANDOVER_OFFSET = 0x264;

const SECTOR_BYTES = 512;
const XZ_MAGIC = Buffer.from("fd377a585a00", "hex");
/** Behind the packed bytes is how many they are unpacked. */
const XZ_TRAILER_BYTES = 4;

/** The types of everything in the kernel, for programs that trace it: there are none here, and it is an eighth of all. */
const TYPES = ".BTF";

/** A segment that is loaded (ELF-64 Object File Format, "Program header table"). */
const PT_LOAD = 1;
const HEADER_BYTES = 56;

/** Where a boot loader puts what follows the setup, and enters it. */
const LOAD_ADDRESS = 0x100000;

/** Packs the kernel `vmlinuz` anew as the file `packed`; `folder` is for what is needed on the way. */
export async function repackKernel(vmlinuz: string, packed: string, folder: string): Promise<void> {
  const kernel = readFileSync(vmlinuz);
  const setup = kernel.subarray(0, ((kernel[SETUP_SECTORS] ?? 0) + 1) * SECTOR_BYTES);
  const [inXz, elf, flat, inLz4] = ["kernel.xz", "kernel.elf", "kernel.flat", "kernel.lz4"].map((name) =>
    join(folder, name),
  ) as [string, string, string, string];
  const start = setup.length + kernel.readUInt32LE(PAYLOAD_OFFSET);
  const payload = kernel.subarray(start, start + kernel.readUInt32LE(PAYLOAD_BYTES) - XZ_TRAILER_BYTES);
  if (!payload.subarray(0, XZ_MAGIC.length).equals(XZ_MAGIC)) throw new Error(`${vmlinuz} is not in xz`);
  writeFileSync(inXz, payload);
  await run("sh", ["-c", 'xz -dc "$1" > "$2"', "sh", inXz, elf]);
  const { address, entry, bytes, end } = laidOut(withoutTypes(readFileSync(elf)));
  if (entry !== address) throw new Error(`${vmlinuz} does not begin where it is entered`);
  writeFileSync(flat, bytes);
  await run("lz4", ["-l", "-9", "-q", "-f", flat, inLz4]);
  const system = loader({ loadAddress: LOAD_ADDRESS, address, end }, readFileSync(inLz4));
  writeFileSync(packed, Buffer.concat([withHeader(setup, system.length), system]));
}

/** The file with zeroes in place of the types (ELF-64 Object File Format, "Sections"). */
function withoutTypes(elf: Buffer): Buffer {
  const [first, bytes] = [Number(elf.readBigUInt64LE(40)), elf.readUInt16LE(58)];
  const sections = Array.from({ length: elf.readUInt16LE(60) }, (_, place) => {
    const header = elf.subarray(first + place * bytes);
    const [offset, length] = [24, 32].map((at) => Number(header.readBigUInt64LE(at))) as [number, number];
    return { name: header.readUInt32LE(0), offset, length };
  });
  const names = sections[elf.readUInt16LE(62)]?.offset ?? 0;
  const named = Buffer.from(`${TYPES}\0`);
  const types = sections.filter(({ name }) =>
    elf.subarray(names + name, names + name + named.length).equals(named),
  );
  const changed = Buffer.from(elf);
  for (const { offset, length } of types) changed.fill(0, offset, offset + length);
  return changed;
}

/** What is in memory once the segments are: from where, up to where, and its bytes but for the zeroes at their end. */
function laidOut(elf: Buffer): { address: number; entry: number; bytes: Buffer; end: number } {
  const [first, count] = [Number(elf.readBigUInt64LE(32)), elf.readUInt16LE(56)];
  const segments = Array.from({ length: count }, (_, place) => {
    const header = elf.subarray(first + place * HEADER_BYTES);
    const at = (offset: number) => Number(header.readBigUInt64LE(offset));
    return { type: header.readUInt32LE(0), offset: at(8), address: at(24), fileBytes: at(32), bytes: at(40) };
  }).filter(({ type }) => type === PT_LOAD);
  const address = Math.min(...segments.map((segment) => segment.address));
  const end = Math.max(...segments.map((segment) => segment.address + segment.bytes));
  const bytes = Buffer.alloc(end - address);
  for (const segment of segments) {
    elf.copy(bytes, segment.address - address, segment.offset, segment.offset + segment.fileBytes);
  }
  const last = bytes.findLastIndex((byte) => byte !== 0);
  const ofWords = (length: number) => Math.ceil(length / 4) * 4;
  return {
    address,
    entry: Number(elf.readBigUInt64LE(24)),
    bytes: bytes.subarray(0, ofWords(last + 1)),
    end,
  };
}

/** The setup of a kernel that is loaded at one address, entered there alone, and of whose packing nothing is said. */
function withHeader(setup: Buffer, systemBytes: number): Buffer {
  const changed = Buffer.from(setup);
  changed.writeUInt32LE(systemBytes / 16, SYSTEM_SIZE);
  changed.writeUInt8(0, IS_RELOCATABLE);
  changed.writeUInt16LE(0, FURTHER_ENTRIES);
  changed.writeUInt32LE(0, PAYLOAD_OFFSET);
  changed.writeUInt32LE(0, PAYLOAD_BYTES);
  changed.writeBigUInt64LE(BigInt(LOAD_ADDRESS), PREFERRED_ADDRESS);
  changed.writeUInt32LE(0, HANDOVER_OFFSET);
  return changed;
}
