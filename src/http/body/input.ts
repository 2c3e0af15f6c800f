/**
 * What a body of properties holds, read whole within a limit; and the refusal of a body where none belongs (real
 * clients: 5; rulings: the wire).
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Key } from "../../api/key.ts";
import type { Input } from "../../api/properties.ts";
import { usage } from "../../base/errors.ts";
import { NO_INPUT } from "../formats/format.ts";
import { inputFormat } from "../formats/negotiate.ts";
import { contentCoding } from "./body.ts";
import { Content } from "./content.ts";

/** An object keeps 64 KiB at most (`api/attributes.ts`), and JSON may take six bytes for a character. */
const LIMIT_BYTES = 256 * 1024;
const UTF8 = new TextDecoder("utf-8", { fatal: true });

/**
 * What a body holds for a command that takes properties, or nothing.
 *
 * @param keys those that the command takes
 *
 * Errors: `usage` when it holds anything else, or more than 256 KiB.
 */
export async function readInput(
  { takes, keys }: { readonly takes: "nothing" | "properties"; readonly keys?: readonly Key[] | undefined },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Input> {
  const body = await readText(request, response);
  if (takes === "properties") {
    return body.trim() === "" ? NO_INPUT : inputFormat(request.headers["content-type"]).read(body, keys);
  }
  if (isEmpty(body)) return NO_INPUT;
  throw usage("body_not_empty", "this command takes no properties: the body has to be empty");
}

/** Whether that is how clients that have nothing to say spell it, whatever they label it: blank, `{}`, `[]` or `null`. */
export function isEmpty(body: string): boolean {
  const text = body.trim();
  if (text === "" || text === "null") return true;
  const brackets = text.charAt(0) + text.slice(1).slice(-1);
  return (brackets === "{}" || brackets === "[]") && text.slice(1, -1).trim() === "";
}

async function readText(request: IncomingMessage, response: ServerResponse): Promise<string> {
  // A body that says that it is too long is refused before any of it is read.
  let sizeBytes = 0;
  if (Number(request.headers["content-length"] ?? 0) > LIMIT_BYTES) throw tooLong();
  if (contentCoding(request) !== "identity") {
    throw usage("unsupported_content_encoding", "properties take no Content-Encoding");
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of new Content(request, response)) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > LIMIT_BYTES) throw tooLong();
    chunks.push(chunk);
  }
  try {
    return UTF8.decode(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
  } catch (cause) {
    throw usage("malformed_body", "the body is not valid UTF-8: properties take text in UTF-8", { cause });
  }
}

const tooLong = () => usage("body_too_large", "the body is too long: properties take at most 256 KiB");
