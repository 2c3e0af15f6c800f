/** The calls on drives that a transfer makes (spec: the rows create, info, read and write of drives). */
import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";
import { parseUuid } from "../../base/ids.ts";
import { MOST_READ_BYTES, parseSize } from "../../base/size.ts";
import { firstBytes } from "./answer.ts";
import type { Endpoint } from "./endpoint.ts";
import { valueIn } from "./properties.ts";
import { answerOf, type Call } from "./request.ts";

/** The chunk of a transfer, unless a smaller one is asked for. */
export const CHUNK_BYTES = MOST_READ_BYTES;

/** A connection on which nothing moves for so long is given up. */
const SILENCE_MS = 120_000;

/** More of an answer is not read: the keys of one drive are far fewer. */
const MOST_PROPERTIES_BYTES = 2 ** 20;

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
  return meaningOf(await propertiesFrom(endpoint, { words, headers, body, signal }), "drive", parseUuid);
}

/** The size of a drive in bytes. */
export async function driveSize(endpoint: Endpoint, drive: string, signal: AbortSignal): Promise<number> {
  const words = ["drives", drive, "info"];
  return meaningOf(await propertiesFrom(endpoint, { words, method: "GET", signal }), "size", parseSize);
}

/** Writes bytes at an offset, gzipped on the way; they are stored when it answers. Errors: also any answer but 204. */
export async function writeChunk(
  endpoint: Endpoint,
  drive: string,
  offset: number,
  bytes: Uint8Array,
  signal: AbortSignal,
): Promise<void> {
  // The fastest level: an image is compressed once for a network that is seldom slower than the processor.
  const content = await compress(bytes, { level: constants.Z_BEST_SPEED });
  const answer = await answerOf(endpoint, {
    words: ["drives", drive, "write", String(offset)],
    headers: { "Content-Type": "application/octet-stream", "Content-Encoding": "gzip" },
    body: { content, lengthBytes: content.length },
    signal,
    silenceMs: SILENCE_MS,
  });
  answer.resume();
}

/** Reads exactly `length` bytes at an offset. Errors: also an answer of another length. */
export async function readChunk(
  endpoint: Endpoint,
  drive: string,
  offset: number,
  length: number,
  signal: AbortSignal,
): Promise<Buffer> {
  const answer = await answerOf(endpoint, {
    words: ["drives", drive, "read", String(offset), String(length)],
    method: "GET",
    signal,
    silenceMs: SILENCE_MS,
  });
  const bytes = await firstBytes(answer, length + 1);
  if (bytes.length === length) return bytes;
  throw new Error(`${bytes.length > length ? "more" : bytes.length} bytes came instead of ${length}`);
}

/** The properties that a call answers, as text. */
async function propertiesFrom(endpoint: Endpoint, call: Call): Promise<string> {
  return (await firstBytes(await answerOf(endpoint, call), MOST_PROPERTIES_BYTES)).toString();
}

/** What a key's value stands for. Errors: there is no such key, or it has no such value. */
function meaningOf<Meaning>(
  properties: string,
  key: string,
  parse: (text: string) => Meaning | null,
): Meaning {
  // Neither a uuid nor a size has blanks: such a value is meant where there are more of them in front of it.
  const meaning = parse((valueIn(properties, key) ?? "").trim());
  if (meaning !== null) return meaning;
  throw new Error(`the answer names no ${key}: is EHURI the address of an API?`);
}
