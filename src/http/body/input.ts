/**
 * What a body of properties holds, read whole within a limit; and the refusal of a body where none belongs (real
 * clients: 5; rulings: the wire).
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Input } from "../../api/properties.ts";
import { usage } from "../../base/errors.ts";
import { NO_INPUT } from "../formats/format.ts";
import { inputFormat } from "../formats/negotiate.ts";
import { content, contentCoding, hasBody } from "./body.ts";

const LIMIT_BYTES = 1024 * 1024;
const UTF8 = new TextDecoder("utf-8", { fatal: true });
/** How clients that have nothing to say spell it, whatever they label it. */
const EMPTY = /^\s*(?:\{\s*\}|\[\s*\]|null)?\s*$/;

/** The properties in the body. Errors: `usage` when it holds anything else, or more than 1 MiB of them. */
export async function readProperties(request: IncomingMessage, response: ServerResponse): Promise<Input> {
  if (!hasBody(request)) return NO_INPUT;
  const body = await readText(request, response);
  return body.trim() === "" ? NO_INPUT : inputFormat(request.headers["content-type"]).read(body);
}

/** Reads an empty body of any type. Errors: `usage` when it is not empty. */
export async function readNothing(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (!hasBody(request)) return;
  if (!EMPTY.test(await readText(request, response))) {
    throw usage("this command takes no properties: the body has to be empty");
  }
}

async function readText(request: IncomingMessage, response: ServerResponse): Promise<string> {
  // A body that says that it is too long is refused before any of it is read.
  let sizeBytes = 0;
  if (Number(request.headers["content-length"] ?? 0) > LIMIT_BYTES) throw tooLong();
  if (contentCoding(request) !== "identity") throw usage("properties take no Content-Encoding");
  const chunks: Uint8Array[] = [];
  for await (const chunk of content(request, response)) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > LIMIT_BYTES) throw tooLong();
    chunks.push(chunk);
  }
  try {
    return UTF8.decode(Buffer.concat(chunks));
  } catch (cause) {
    throw usage("the body is not valid UTF-8: properties take text in UTF-8", { cause });
  }
}

const tooLong = () => usage("the body is too long: properties take at most 1 MiB");
