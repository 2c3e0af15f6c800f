/**
 * The body of a request as a stream of bytes, asked for when it is first read (spec: Write binary data to a drive; real clients: 1, 3, 5, 11).
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Bytes } from "../../api/command.ts";
import { usage } from "../../base/errors.ts";
import { shown } from "../formats/characters.ts";

/** A caller that sends nothing for so long, while we wait for him, is taken to be gone. */
const SILENCE_MS = 60_000;
/** What an unread body may still cost us once its request is answered. */
const DRAIN_BYTES = 16 * 1024 * 1024;
const DRAIN_MS = 10_000;

/** Whether any content is announced: without a length and without chunks there is none (RFC 9112, section 6.3). */
export function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers["content-length"];
  return headers["transfer-encoding"] !== undefined || (length !== undefined && Number(length) !== 0);
}

/** How a body is coded. Errors: `usage` for a coding that we cannot undo. */
export function contentCoding({ headers }: IncomingMessage): "identity" | "gzip" {
  const coding = (headers["content-encoding"] ?? "").trim().toLowerCase();
  if (coding === "" || coding === "identity") return "identity";
  if (coding === "gzip" || coding === "x-gzip") return "gzip";
  throw usage(`the Content-Encoding is ${shown(coding)}: a body takes gzip or none`);
}

/**
 * The body as it comes, not decoded. Nothing is read, and a caller that expects `100 Continue` is not told to go on,
 * before the first chunk is asked for. Leaving off early leaves the rest unread and the connection whole.
 *
 * Errors: `usage` when the caller hangs up.
 */
export function content(request: IncomingMessage, response: ServerResponse): Bytes {
  return hasBody(request) ? arriving(request, response) : nothing();
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

async function* arriving(request: IncomingMessage, response: ServerResponse): AsyncGenerator<Uint8Array> {
  if (expectsContinue(request)) response.writeContinue();
  const { socket } = request;
  try {
    // Time is counted only while we wait for the caller: that we are slow to take what he sent is not his fault.
    socket.setTimeout(SILENCE_MS);
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      socket.setTimeout(0);
      yield chunk;
      socket.setTimeout(SILENCE_MS);
    }
  } catch (cause) {
    throw usage("the connection ended before the whole body had come", { cause });
  } finally {
    socket.setTimeout(0);
  }
}

/** The token as node:http recognises it; HTTP/1.0 has no such thing (RFC 9110, section 10.1.1). */
function expectsContinue({ headers, httpVersion }: IncomingMessage): boolean {
  return httpVersion === "1.1" && /(?:^|\W)100-continue(?:$|\W)/i.test(headers.expect ?? "");
}

/**
 * Throws away what is left of the body of a request that was answered, so that the answer arrives and the connection
 * can be used again; a connection with too much left on it is cut.
 */
export function drain(request: IncomingMessage): void {
  if (!hasBody(request) || request.destroyed) return;
  const { socket } = request;
  let leftBytes = DRAIN_BYTES;
  const deadline = setTimeout(() => socket.destroy(), DRAIN_MS);
  request.once("close", () => clearTimeout(deadline));
  request.on("data", (chunk: Uint8Array) => {
    leftBytes -= chunk.byteLength;
    if (leftBytes < 0) socket.destroy();
  });
  request.resume();
}
