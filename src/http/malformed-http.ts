/**
 * Bytes that never became a request: answered on the bare socket, and the connection ended, since where the next
 * request would begin is unknown.
 */
import type { Socket } from "node:net";
import type { Logger } from "pino";
import { type LodgeError, method, usage } from "../base/errors.ts";
import type { AnonymousRates } from "./anonymous-rates.ts";
import { bareAnswer } from "./bare-answer.ts";
import { requestIdOf } from "./request-id.ts";

/** How long a caller may take to read the answer, and we to discard what they are still sending. */
const LINGER_MS = 2_000;

/** Who hears of it, and how many an address may have answered. */
type Dependencies = { readonly logger: Logger | undefined; readonly anonymous: AnonymousRates };

type ParserError = Error & { readonly code?: string };

/** Answers what the HTTP parser could not take. */
export function answerMalformed(error: ParserError, socket: Socket, dependencies: Dependencies): void {
  answerBare(refusalOf(error), socket, dependencies);
}

/** Answers `CONNECT`, which node:http takes for the end of HTTP on the connection (RFC 9110, section 9.3.6). */
export function answerConnect(socket: Socket, dependencies: Dependencies): void {
  // Whatever the caller sends behind it is thrown away.
  socket.resume();
  answerBare(unknownMethod(), socket, dependencies);
}

function answerBare(refused: LodgeError, socket: Socket, { logger, anonymous }: Dependencies): void {
  // Whoever goes on beyond the rate is hung up on without a word.
  if (!socket.writable || anonymous.refusalOf(socket.remoteAddress ?? "", "other") !== null) {
    socket.destroy();
    return;
  }
  const requestId = requestIdOf(undefined);
  logger?.debug({ requestId, code: refused.code, reason: refused.message }, "request refused");
  socket.end(bareAnswer(refused, requestId));
  const deadline = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once("close", () => clearTimeout(deadline));
}

const unknownMethod = () =>
  method("unknown_method", "the method is unknown: commands take GET, HEAD or POST");

function refusalOf({ code, message }: ParserError): LodgeError {
  switch (code) {
    case "HPE_INVALID_METHOD":
      return unknownMethod();
    case "HPE_HEADER_OVERFLOW":
      return usage("headers_too_large", "the URL and headers are too long: they take 16 KiB together");
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return usage("headers_timeout", "the headers took too long to come");
    default:
      return usage("malformed_http", `this is not HTTP/1.1: ${message}`);
  }
}
