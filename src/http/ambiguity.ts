/**
 * Headers that a proxy before us could read in another way than we do, and so take another for the caller, another host for
 * the one meant, or other bytes for the body (RFC 9112, sections 3.2, 6.1 and 11.2). node:http keeps the first of two.
 */
import type { IncomingMessage } from "node:http";

/** What is ambiguous of the request, as a sentence; null when nothing is. */
export function ambiguityOf(request: IncomingMessage): string | null {
  const { rawHeaders, headers, httpVersionMinor } = request;
  let hosts = 0;
  let authorizations = 0;
  // Names and values in turn.
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? "";
    if (name.length === 4 && name.toLowerCase() === "host") hosts++;
    else if (name.length === 13 && name.toLowerCase() === "authorization") authorizations++;
  }
  if (hosts > 1 || (hosts === 0 && httpVersionMinor !== 0) || headers.host?.includes(",") === true) {
    return "a request takes one Host header, of one host";
  }
  if (authorizations > 1) return "a request takes one Authorization header";
  return transferFault(headers["transfer-encoding"], httpVersionMinor);
}

/** HTTP/1.0 has no transfer codings, and we undo none but chunks. */
function transferFault(coding: string | undefined, httpVersionMinor: number): string | null {
  if (coding === undefined) return null;
  if (httpVersionMinor === 0) return "HTTP/1.0 has no Transfer-Encoding";
  return coding.toLowerCase() === "chunked" ? null : "the only Transfer-Encoding is chunked";
}
