/**
 * What the headers of a request say of its body, and what becomes of a body that nobody read (real clients: 1, 3, 5).
 */
import type { IncomingMessage } from "node:http";
import { shown } from "../../api/shown.ts";
import { usage } from "../../base/errors.ts";

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
  throw usage(
    "unsupported_content_encoding",
    `the Content-Encoding is ${shown(coding)}: a body takes gzip or none`,
  );
}

/**
 * Throws away what is left of the body of a request that was answered, so that the answer arrives and the connection
 * can be used again; a connection with too much left on it is cut, and so is one on which that takes too long.
 */
export function drain(request: IncomingMessage, deadlineMs = DRAIN_MS): void {
  if (!hasBody(request) || request.destroyed) return;
  const { socket } = request;
  let leftBytes = DRAIN_BYTES;
  const deadline = setTimeout(() => socket.destroy(), deadlineMs);
  const stop = () => {
    clearTimeout(deadline);
    socket.off("close", stop);
  };
  request.once("close", stop);
  // A request that was answered is not told of it where its connection is lost.
  socket.once("close", stop);
  request.on("data", (chunk: Uint8Array) => {
    leftBytes -= chunk.byteLength;
    if (leftBytes < 0) socket.destroy();
  });
  request.resume();
}
