/**
 * Machine code that unpacks a kernel and enters it: what a boot loader enters in place of the kernel's own
 * (The Linux/x86 Boot Protocol: "32-bit Boot Protocol" for how it is entered, "64-bit Boot Protocol" for how it enters).
 * It reads lz4's old frame format: blocks of at most 8 MiB, each behind its size (LZ4 Frame Format, "Legacy frame"; LZ4
 * Block Format).
 */

export type Places = {
  /** Where the loader is. */
  readonly loadAddress: number;
  /** Where the kernel begins, and is entered. */
  readonly address: number;
  /** Where its memory ends: what is behind its bytes is zero up to there. */
  readonly end: number;
};

const MAGIC_BYTES = 4;
const PAGE_BYTES = 4096;
const TABLES_BYTES = 3 * PAGE_BYTES;
/** A multiple of which the loader must be: the header counts in it. */
const PARAGRAPH_BYTES = 16;

/** The flat segment of code of 64 bits, the third of its table, where the kernel has its own. */
const CODE_SEGMENT = 0x10;
const DESCRIPTORS = [0n, 0n, 0x00af9a000000ffffn];

/**
 * The loader and, behind it, what it unpacks. Errors: it would not fit below the kernel.
 *
 * @param packed a frame of lz4
 */
export function loader(places: Places, packed: Buffer): Buffer {
  const tables = places.address - TABLES_BYTES;
  // Long is each address, so the length does not hang on them.
  const { length } = code(places, tables, 0);
  const descriptors = Buffer.alloc(DESCRIPTORS.length * 8);
  for (const [place, descriptor] of DESCRIPTORS.entries())
    descriptors.writeBigUInt64LE(descriptor, place * 8);
  const at = places.loadAddress + length;
  const pointer = Buffer.from([...word(descriptors.length - 1), ...long(at + 6)]);
  const instructions = Buffer.from(code(places, tables, at));
  const blocks = [packed.subarray(MAGIC_BYTES), Buffer.from(long(0))];
  const whole = Buffer.concat([instructions, pointer, descriptors, ...blocks]);
  const padding = Buffer.alloc(-whole.length & (PARAGRAPH_BYTES - 1));
  if (places.loadAddress + whole.length > tables) throw new Error("the kernel is too large to be unpacked");
  return Buffer.concat([whole, padding]);
}

const word = (value: number): number[] => [value & 0xff, (value >>> 8) & 0xff];
const long = (value: number): number[] => [...word(value & 0xffff), ...word(value >>> 16)];

/** @param pointer where the pointer to the segments' descriptors is; behind them are the blocks */
function code(places: Places, tables: number, pointer: number): number[] {
  const blocks = pointer + 6 + DESCRIPTORS.length * 8;
  const unpacking = unpackingCode(places, blocks);
  const entering = enteringCode(places, tables, pointer);
  return [...unpacking, ...entering];
}

/** ebp: the boot parameters; esi, edi: where it reads and writes; ebx: the block's end; ecx: a length; edx: token, offset. */
const unpackingCode = ({ address, end }: Places, blocks: number): number[] => [
  ...[0xfc, 0x89, 0xf5], //                               cld; mov ebp,esi
  ...[0xbe, ...long(blocks)], //                          mov esi,blocks
  ...[0xbf, ...long(address)], //                         mov edi,address
  ...[0xad, 0x85, 0xc0, 0x74, 0x48], //          block:   lodsd; test eax,eax; jz rest
  ...[0x8d, 0x1c, 0x06], //                               lea ebx,[esi+eax]
  ...[0x0f, 0xb6, 0x16, 0x46], //                sequence: movzx edx,byte [esi]; inc esi
  ...[0x89, 0xd1, 0xc1, 0xe9, 0x04], //                   mov ecx,edx; shr ecx,4
  ...[0x83, 0xf9, 0x0f, 0x75, 0x09], //                   cmp ecx,15; jne literals
  ...[0x31, 0xc0, 0xac, 0x01, 0xc1], //          longer:  xor eax,eax; lodsb; add ecx,eax
  ...[0x3c, 0xff, 0x74, 0xf7], //                         cmp al,255; je longer
  ...[0xf3, 0xa4, 0x39, 0xde, 0x73, 0xdb], //    literals: rep movsb; cmp esi,ebx; jae block
  ...[0x89, 0xd1, 0x0f, 0xb7, 0x16], //                   mov ecx,edx; movzx edx,word [esi]
  ...[0x83, 0xc6, 0x02, 0x83, 0xe1, 0x0f], //             add esi,2; and ecx,15
  ...[0x83, 0xf9, 0x0f, 0x75, 0x09], //                   cmp ecx,15; jne match
  ...[0x31, 0xc0, 0xac, 0x01, 0xc1], //          further: xor eax,eax; lodsb; add ecx,eax
  ...[0x3c, 0xff, 0x74, 0xf7], //                         cmp al,255; je further
  ...[0x83, 0xc1, 0x04, 0x89, 0xf0], //          match:   add ecx,4; mov eax,esi
  ...[0x89, 0xfe, 0x29, 0xd6, 0xf3, 0xa4], //             mov esi,edi; sub esi,edx; rep movsb
  ...[0x89, 0xc6, 0xeb, 0xbb], //                         mov esi,eax; jmp sequence
  ...[0xb9, ...long(end), 0x29, 0xf9], //        rest:    mov ecx,end; sub ecx,edi
  ...[0xc1, 0xe9, 0x02, 0xf3, 0xab], //                   shr ecx,2; rep stosd (eax is 0)
];

/** Maps the first GiB to itself in pages of 2 MiB, turns to 64 bits, and enters the kernel with esi as it was. */
const enteringCode = ({ address }: Places, tables: number, pointer: number): number[] => [
  ...[0xbf, ...long(tables), 0x0f, 0x22, 0xdf], //        mov edi,tables; mov cr3,edi
  ...[0xb9, ...long(TABLES_BYTES / 4), 0xf3, 0xab], //    mov ecx,words; rep stosd (eax is 0)
  ...[0xc7, 0x05, ...long(tables), ...long(tables + PAGE_BYTES + 3)], // mov dword [tables],second
  ...[0xc7, 0x05, ...long(tables + PAGE_BYTES), ...long(tables + 2 * PAGE_BYTES + 3)], // mov dword [second],third
  ...[0xbf, ...long(tables + 2 * PAGE_BYTES)], //         mov edi,third
  ...[0xb8, ...long(0x83), 0xb9, ...long(512)], //        mov eax,83 (present, writable, large); mov ecx,512
  ...[0x89, 0x07, 0x05, ...long(0x200000)], //   page:    mov [edi],eax; add eax,200000
  ...[0x83, 0xc7, 0x08, 0xe2, 0xf4], //                   add edi,8; loop page
  ...[0x0f, 0x20, 0xe0, 0x83, 0xc8, 0x20], //             mov eax,cr4; or eax,20 (PAE)
  ...[0x0f, 0x22, 0xe0, 0xb9, ...long(0xc0000080)], //    mov cr4,eax; mov ecx,c0000080 (EFER)
  ...[0x0f, 0x32, 0x0d, ...long(0x100), 0x0f, 0x30], //   rdmsr; or eax,100 (long mode); wrmsr
  ...[0x0f, 0x01, 0x15, ...long(pointer)], //             lgdt [pointer]
  ...[0x0f, 0x20, 0xc0, 0x0d, ...long(0x80000001)], //    mov eax,cr0; or eax,80000001 (paging)
  ...[0x0f, 0x22, 0xc0], //                               mov cr0,eax
  ...[0xea, ...long(pointer - ENTRY_BYTES), ...word(CODE_SEGMENT)], // jmp far entry
  ...[0x89, 0xee, 0xb8, ...long(address), 0xff, 0xe0], // entry: mov esi,ebp; mov eax,address; jmp rax
];

/** How long the last line is. */
const ENTRY_BYTES = 9;
