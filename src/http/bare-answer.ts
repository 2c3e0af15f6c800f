/** An error as an answer on the bare socket, where there is no request to answer: the connection ends with it. */
import type { LodgeError } from "../base/errors.ts";
import { http } from "../base/node-http.ts";
import { REQUEST_ID_HEADER, requestIdOf } from "./request-id.ts";
import { errorHeaders, retryAfter } from "./respond.ts";
import { statusOf } from "./status.ts";

/** The whole answer, as it goes out. */
export function bareAnswer(error: LodgeError, requestId = requestIdOf(undefined)): string {
  const body = `${error.message}\n`;
  const status = statusOf(error);
  const headers = [
    ...["Content-Type", "text/plain; charset=utf-8", "Content-Length", String(Buffer.byteLength(body))],
    ...[REQUEST_ID_HEADER, requestId, ...errorHeaders(error), ...retryAfter(error)],
    ...(error.type === "method" ? ["Allow", "GET, HEAD, POST"] : []),
    ...["Connection", "close"],
  ];
  const lines = headers.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${headers[index + 1]}`] : []));
  return [`HTTP/1.1 ${status} ${http.STATUS_CODES[status]}`, ...lines, "", body].join("\r\n");
}
