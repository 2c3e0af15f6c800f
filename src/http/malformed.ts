/**
 * Bytes that never became a request: answered on the bare socket, and the connection ended, since where the next
 * request would begin is unknown.
 */
import type { Socket } from "node:net";
import { ERROR_STATUS, type LodgeError, method, usage } from "../base/errors.ts";

/** How long a caller may take to read the answer, and we to discard what he is still sending. */
const LINGER_MS = 2_000;

/** Answers what the HTTP parser could not take. */
export function refuseMalformed(error: Error & { readonly code?: string }, socket: Socket): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const { type, message } = toldOf(error);
  const body = `${message}\n`;
  socket.end(
    [
      `HTTP/1.1 ${ERROR_STATUS[type]} ${type === "method" ? "Method Not Allowed" : "Bad Request"}`,
      "Content-Type: text/plain; charset=utf-8",
      `Content-Length: ${Buffer.byteLength(body)}`,
      `X-Elastic-Error: ${type}`,
      "Connection: close",
      "",
      body,
    ].join("\r\n"),
  );
  const deadline = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once("close", () => clearTimeout(deadline));
}

function toldOf({ code, message }: Error & { readonly code?: string }): LodgeError {
  switch (code) {
    case "HPE_INVALID_METHOD":
      return method("the method is unknown: commands take GET, HEAD or POST");
    case "HPE_HEADER_OVERFLOW":
      return usage("the URL and headers are too long: they take 16 KiB together");
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return usage("the headers took too long to come");
    default:
      return usage(`this is not HTTP/1.1: ${message}`);
  }
}
