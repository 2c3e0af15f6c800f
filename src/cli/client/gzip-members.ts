/**
 * The gzip members of a file that a download wrote, a member for each of its chunks (RFC 1952): which of them are whole,
 * and so where the file can be gone on with. A kill, or a disk that ran full, leaves a part of one at the end.
 */
import type { FileHandle } from "node:fs/promises";
import { crc32, inflateRawSync } from "node:zlib";
import { CHUNK_BYTES } from "./drive.ts";

/** How a member begins: gzip's magic, deflate, and no field that is optional. */
const MAGIC = Buffer.from([0x1f, 0x8b, 0x08, 0x00]);
const HEADER_BYTES = 10;
/** The CRC of the content, then its length. */
const TRAILER_BYTES = 8;

/** Holds any member: what cannot be compressed grows by less than a thousandth. */
const WINDOW_BYTES = CHUNK_BYTES + 64 * 1024;

/** A stretch of whole members: its length in the file, and that of what it holds. */
export type Stretch = { readonly fileBytes: number; readonly contentBytes: number };

/**
 * The whole members at the beginning of a file, up to where they hold `mostBytes`. Each is inflated, a window of the file
 * at a time, and held against its CRC.
 */
export async function wholeMembers(file: FileHandle, mostBytes: number): Promise<Stretch> {
  let [fileBytes, contentBytes] = [0, 0];
  let [window, from]: [Buffer, number] = [Buffer.alloc(0), 0];
  while (contentBytes < mostBytes) {
    let member = memberAtStart(window.subarray(from));
    if (member === null) {
      [window, from] = [await readWindow(file, fileBytes), 0];
      member = memberAtStart(window);
    }
    if (member === null) break;
    from += member.fileBytes;
    fileBytes += member.fileBytes;
    contentBytes += member.contentBytes;
  }
  return { fileBytes, contentBytes };
}

/** The member that `bytes` begin with; null where there is none that is whole. */
function memberAtStart(bytes: Buffer): Stretch | null {
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return null;
  const inflated = inflateStart(bytes.subarray(HEADER_BYTES));
  if (inflated === null) return null;
  const { content, takenBytes } = inflated;
  const trailerAt = HEADER_BYTES + takenBytes;
  const fileBytes = trailerAt + TRAILER_BYTES;
  if (bytes.length < fileBytes) return null;
  const isRight =
    bytes.readUInt32LE(trailerAt) === crc32(content) && bytes.readUInt32LE(trailerAt + 4) === content.length;
  return isRight ? { fileBytes, contentBytes: content.length } : null;
}

/** What the deflated stream at the start of `bytes` holds, and its length; null where it is none, or has no end. */
function inflateStart(bytes: Uint8Array): { content: Buffer; takenBytes: number } | null {
  try {
    // With `info`, what is answered is not the buffer alone, whatever the types of Node say.
    const { buffer, engine } = inflateRawSync(bytes, {
      info: true,
      maxOutputLength: CHUNK_BYTES,
    }) as unknown as { buffer: Buffer; engine: { bytesWritten: number } };
    return { content: buffer, takenBytes: engine.bytesWritten };
  } catch {
    return null;
  }
}

async function readWindow(file: FileHandle, position: number): Promise<Buffer> {
  const window = Buffer.allocUnsafe(WINDOW_BYTES);
  let filled = 0;
  for (;;) {
    const { bytesRead } = await file.read(window, filled, window.length - filled, position + filled);
    filled += bytesRead;
    if (bytesRead === 0 || filled === window.length) return window.subarray(0, filled);
  }
}
