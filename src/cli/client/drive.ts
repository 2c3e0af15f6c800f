/** The calls on drives that a transfer makes (spec: the rows create, info, read and write of drives). */
import { parseUuid } from "../../base/ids.ts";
import { MOST_READ_BYTES, parseSize } from "../../base/size.ts";
import { firstBytes, readInto } from "./answer.ts";
import type { Encoded } from "./encoder.ts";
import type { Endpoint } from "./endpoint.ts";
import { valueIn } from "./properties.ts";
import { answerOf, type Call } from "./request.ts";

/** The chunk of a transfer, unless a smaller one is asked for. */
export const CHUNK_BYTES = MOST_READ_BYTES;

/** A connection on which nothing moves for so long is given up. */
const SILENCE_MS = 120_000;

/** More of an answer is not read: the keys of one drive are far fewer. */
const MOST_PROPERTIES_BYTES = 2 ** 20;

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

/**
 * Writes content at an offset; it is stored when it answers. Answers whether all of it had been sent by then: of what had
 * not, the system may still read the memory.
 *
 * Errors: also any answer but 204.
 */
export async function writeChunk(
  endpoint: Endpoint,
  drive: string,
  offset: number,
  { content, gzipped }: Encoded,
  signal: AbortSignal,
): Promise<boolean> {
  const answer = await answerOf(endpoint, {
    words: ["drives", drive, "write", String(offset)],
    headers: {
      "Content-Type": "application/octet-stream",
      ...(gzipped ? { "Content-Encoding": "gzip" } : {}),
    },
    body: { content, lengthBytes: content.length },
    signal,
    silenceMs: SILENCE_MS,
  });
  const isSent = answer.req.writableFinished;
  answer.resume();
  return isSent;
}

/** Reads bytes at an offset, as many as `into` takes. Errors: also an answer of another length. */
export async function readChunk(
  endpoint: Endpoint,
  drive: string,
  offset: number,
  into: Uint8Array,
  signal: AbortSignal,
): Promise<void> {
  const answer = await answerOf(endpoint, {
    words: ["drives", drive, "read", String(offset), String(into.length)],
    method: "GET",
    signal,
    silenceMs: SILENCE_MS,
  });
  const cameBytes = await readInto(answer, into);
  if (cameBytes === into.length) return;
  throw new Error(`${cameBytes > into.length ? "more" : cameBytes} bytes came instead of ${into.length}`);
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
