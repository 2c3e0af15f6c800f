/** The calls on drives that a transfer makes (spec: the rows create, info, read and write of drives). */
import { buffer, text } from "node:stream/consumers";
import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";
import { MOST_READ_BYTES } from "../../base/size.ts";
import type { Endpoint } from "./endpoint.ts";
import { type Call, isRefused, refusalOf, send } from "./request.ts";

/** The chunk of a transfer, unless a smaller one is asked for. */
export const CHUNK_BYTES = MOST_READ_BYTES;

/** A connection on which nothing moves for so long is given up. */
const SILENCE_MS = 120_000;

const compress = promisify(gzip);

export type NewDrive = { readonly name: string; readonly sizeBytes: number; readonly shared: boolean };

/** Makes a drive and answers its uuid. */
export async function createDrive(endpoint: Endpoint, drive: NewDrive, signal: AbortSignal): Promise<string> {
  const lines = [
    `name ${drive.name}`,
    `size ${drive.sizeBytes}`,
    ...(drive.shared ? ["claim:type shared"] : []),
  ];
  const content = Buffer.from(lines.map((line) => `${line}\n`).join(""));
  const headers = { "Content-Type": "text/plain" };
  const words = ["drives", "create"];
  const body = { content, lengthBytes: content.length };
  return propertyOf(await propertiesFrom(endpoint, { words, headers, body, signal }), "drive");
}

/** The size of a drive in bytes. */
export async function driveSize(endpoint: Endpoint, drive: string, signal: AbortSignal): Promise<number> {
  const words = ["drives", drive, "info"];
  return Number(propertyOf(await propertiesFrom(endpoint, { words, method: "GET", signal }), "size"));
}

/** Writes bytes at an offset, gzipped on the way; they are stored when it answers. */
export async function writeChunk(
  endpoint: Endpoint,
  drive: string,
  offset: number,
  bytes: Uint8Array,
  signal: AbortSignal,
): Promise<void> {
  // The fastest level: an image is compressed once for a network that is seldom slower than the processor.
  const content = await compress(bytes, { level: constants.Z_BEST_SPEED });
  const answer = await send(endpoint, {
    words: ["drives", drive, "write", String(offset)],
    headers: { "Content-Type": "application/octet-stream", "Content-Encoding": "gzip" },
    body: { content, lengthBytes: content.length },
    signal,
    silenceMs: SILENCE_MS,
  });
  if (isRefused(answer)) throw await refusalOf(answer);
  await buffer(answer);
}

/** Reads exactly `length` bytes at an offset. Errors: also an answer of another length. */
export async function readChunk(
  endpoint: Endpoint,
  drive: string,
  offset: number,
  length: number,
  signal: AbortSignal,
): Promise<Buffer> {
  const answer = await send(endpoint, {
    words: ["drives", drive, "read", String(offset), String(length)],
    method: "GET",
    signal,
    silenceMs: SILENCE_MS,
  });
  if (isRefused(answer)) throw await refusalOf(answer);
  const bytes = await buffer(answer);
  if (bytes.length === length) return bytes;
  throw new Error(`${bytes.length} bytes came instead of ${length}`);
}

async function propertiesFrom(endpoint: Endpoint, call: Call): Promise<string> {
  const answer = await send(endpoint, call);
  if (isRefused(answer)) throw await refusalOf(answer);
  return await text(answer);
}

function propertyOf(properties: string, key: string): string {
  const line = properties.split("\n").find((candidate) => candidate.startsWith(`${key} `));
  if (line === undefined) throw new Error(`the answer lacks the key ${key}: is EHURI the address of an API?`);
  return line.slice(key.length + 1).trim();
}
