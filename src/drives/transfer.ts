/** Reading and writing the bytes of a drive (spec: read binary data from a drive, write binary data to a drive). */
import type { ByteAnswer, Bytes, Request } from "../api/command.ts";
import { ensure } from "../api/reason.ts";
import { shown } from "../api/shown.ts";
import { LodgeError, usage } from "../base/errors.ts";
import { MOST_READ_BYTES, parseSize } from "../base/size.ts";
import { READ_PIECE_BYTES } from "../base/transfer-window.ts";
import { pastEnd } from "../host/errors.ts";
import type { DriveHost, Volume } from "../host/host.ts";
import { driveCan } from "./can.ts";
import type { Drive } from "./drive.ts";
import { endReadersImagingsToWrite, isImagedByReaders } from "./imaging/readers.ts";
import { type DriveCommandDependencies as Dependencies, ownDrive, readableDrive } from "./requested-drive.ts";
import { volumeOf } from "./volume.ts";

/** How often a write is begun that imagings by readers come in the way of. */
const MOST_TRIES = 10;

/** So many bytes of the drive, or as many as there are. Errors: `usage`, `missing`, the host's. */
export async function readBytes(dependencies: Dependencies, request: Request): Promise<ByteAnswer> {
  const drive = await readableDrive(dependencies, request);
  const offset = sizeWord("OFFSET", request.params.OFFSET);
  const size = sizeWord("SIZE", request.params.SIZE);
  if (size > MOST_READ_BYTES)
    throw usage("read_too_long", `SIZE is at most ${MOST_READ_BYTES} bytes for one read, not ${size}`);
  ensureWithin(drive, offset);
  return streamed(dependencies, request, drive, {
    offset,
    lengthBytes: Math.min(size, drive.sizeBytes - offset),
  });
}

/** All of the drive from an offset on, as a file to be kept. Errors: as of `readBytes`. */
export async function downloadBytes(dependencies: Dependencies, request: Request): Promise<ByteAnswer> {
  const drive = await readableDrive(dependencies, request);
  const offset = sizeWord("OFFSET", request.params.OFFSET ?? "0");
  ensureWithin(drive, offset);
  const stretch = { offset, lengthBytes: drive.sizeBytes - offset };
  return {
    ...streamed(dependencies, request, drive, stretch),
    fileName: `${drive.attributes.name ?? drive.uuid}.img`,
  };
}

function ensureWithin({ sizeBytes }: Drive, offset: number): void {
  if (offset < sizeBytes) return;
  throw usage("offset_past_end", `OFFSET ${offset} is past the end: the drive has ${sizeBytes} bytes`);
}

/**
 * The bytes are read while they are taken. Each piece is a read of its own, so that a caller who takes them slowly keeps
 * nobody from changing the drive: what was not read by then is read as it is then, or not at all.
 */
function streamed(
  dependencies: Dependencies,
  request: Request,
  drive: Drive,
  { offset, lengthBytes }: { readonly offset: number; readonly lengthBytes: number },
): ByteAnswer {
  const host = dependencies.hosts.get(drive.host).drives;
  const volume = volumeOf(drive, dependencies.keyring);
  const read = async (at: number, length: number) => {
    const bytes = await host.read(volume, at, length).catch(async (error: unknown) => {
      // It may have been destroyed meanwhile: then it is as absent as any other.
      await readableDrive(dependencies, request);
      throw error;
    });
    dependencies.counters.add(drive.uuid, { readBytes: length, readRequests: at === offset ? 1 : 0 });
    return bytes;
  };
  return {
    lengthBytes,
    heldBytes: Math.min(lengthBytes, 2 * READ_PIECE_BYTES),
    pieces: piecesOf(read, offset, offset + lengthBytes),
  };
}

/** What `read` answers piece by piece: one is read while the one before it is taken. */
async function* piecesOf(
  read: (at: number, length: number) => Promise<Uint8Array>,
  offset: number,
  endBytes: number,
): Bytes {
  const begin = (at: number) => {
    const reading = read(at, Math.min(READ_PIECE_BYTES, endBytes - at));
    // It is awaited in its turn; until then its failure is no unhandled rejection.
    reading.catch(() => {});
    return reading;
  };
  let next = begin(offset);
  try {
    for (let at = offset; at < endBytes; at += READ_PIECE_BYTES) {
      const piece = await next;
      if (at + READ_PIECE_BYTES < endBytes) next = begin(at + READ_PIECE_BYTES);
      yield piece;
    }
  } finally {
    // Its memory is counted for as long as it is filled.
    await next.catch(() => {});
  }
}

export async function writeBytes(dependencies: Dependencies, request: Request): Promise<void> {
  const drive = await ownDrive(dependencies, request);
  const offset = sizeWord("OFFSET", request.params.OFFSET ?? "0");
  ensure(driveCan.write(drive));
  const restBytes = drive.sizeBytes - offset;
  const body = await request.body?.(Math.max(0, restBytes));
  if (body === undefined) return;
  const { lengthBytes, bytes, release } = body;
  try {
    if (lengthBytes > restBytes) throw pastEnd(drive.sizeBytes);
    await dependencies.records.ensureNotChanging(drive.uuid);
    await write(dependencies, drive, (host, volume) => host.write(volume, offset, bytes, lengthBytes));
  } finally {
    await release();
  }
  dependencies.counters.add(drive.uuid, { writeBytes: lengthBytes, writeRequests: 1 });
}

/**
 * Lets `work` write once no reader's imaging reads the drive. One whose turn comes in between is refused by the host
 * before it takes a byte: that is ended too, so that readers, who may ask again and again, keep nobody from writing.
 */
async function write(
  dependencies: Dependencies,
  drive: Drive,
  work: (host: DriveHost, volume: Volume) => Promise<unknown>,
): Promise<void> {
  const host = dependencies.hosts.get(drive.host).drives;
  const volume = volumeOf(drive, dependencies.keyring);
  if (isImagedByReaders(drive)) await endReadersImagingsToWrite(dependencies, drive.uuid);
  for (let tries = 1; ; tries++) {
    try {
      await work(host, volume);
      return;
    } catch (error) {
      const isReadFrom = error instanceof LodgeError && error.code === "drive_imaged_from";
      if (!isReadFrom || tries === MOST_TRIES) throw error;
      // Where its owner asked for it, that says so.
      await endReadersImagingsToWrite(dependencies, drive.uuid);
    }
  }
}

function sizeWord(name: string, word: string | undefined): number {
  const bytes = parseSize(word ?? "");
  if (bytes === null) {
    throw usage(
      "malformed_parameter",
      `${name} is a number of bytes, optionally with a k, M, G or T suffix, not ${shown(word ?? "")}`,
    );
  }
  return bytes;
}
