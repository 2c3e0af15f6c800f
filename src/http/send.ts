/** A whole answer, as it is sent. */
import type { ServerResponse } from "node:http";
import { REQUEST_ID_HEADER } from "./request-id.ts";

/** Header names and values in turn, the form that node:http writes without copying. */
export type Headers = readonly string[];

/** An answer under way, and the id of the request that it is to. */
export type Reply = { readonly response: ServerResponse; readonly requestId: string };

/** Sends a whole answer. node:http leaves the body out where the request is a HEAD. */
export function send(
  { response, requestId }: Reply,
  status: number,
  contentType: string,
  body: string | Uint8Array,
  extra: Headers = [],
): void {
  const length = String(Buffer.byteLength(body));
  response
    .writeHead(status, [
      "Content-Type",
      contentType,
      "Content-Length",
      length,
      REQUEST_ID_HEADER,
      requestId,
      ...extra,
    ])
    .end(body);
}
