/** The header `Host`: one in each request of HTTP/1.1 (RFC 9112, section 3.2). */
import type { IncomingMessage } from "node:http";

/**
 * Whether the request has as many as it may: with two, a proxy before us and we could each take another for the right
 * one. node:http keeps the first alone.
 */
export function hasOneHost({ rawHeaders, httpVersionMinor }: IncomingMessage): boolean {
  let count = 0;
  // Names and values in turn.
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? "";
    if (name.length === 4 && name.toLowerCase() === "host") count++;
  }
  return count === 1 || (count === 0 && httpVersionMinor === 0);
}
