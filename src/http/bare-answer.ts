/** An error as an answer on the bare socket, where there is no request to answer: the connection ends with it. */
import { STATUS_CODES } from "node:http";
import type { LodgeError } from "../base/errors.ts";
import { REQUEST_ID_HEADER, requestIdOf } from "./request-id.ts";
import { errorHeaders } from "./respond.ts";
import { statusOf } from "./status.ts";

/** The whole answer, as it goes out. */
export function bareAnswer(error: LodgeError): string {
  const body = `${error.message}\n`;
  const status = statusOf(error);
  const headers = [
    ...["Content-Type", "text/plain; charset=utf-8", "Content-Length", String(Buffer.byteLength(body))],
    ...[REQUEST_ID_HEADER, requestIdOf(undefined), ...errorHeaders(error)],
    // RFC 9110, 10.2.3: in seconds.
    ...(status === 503 ? ["Retry-After", "1"] : []),
    ...["Connection", "close"],
  ];
  const lines = headers.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${headers[index + 1]}`] : []));
  return [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, "", body].join("\r\n");
}
