/** A whole answer, as it is sent. */
import type { ServerResponse } from "node:http";
import type { Soon } from "../base/soon.ts";
import type { PaceLimits } from "./body/pace.ts";
import { REQUEST_ID_HEADER } from "./request-id.ts";
import { SLICE_BYTES, Taking } from "./taking.ts";

/** Header names and values in turn, the form that node:http writes without copying. */
export type Headers = readonly string[];

/** An answer under way, and the id of the request that it is to. */
export type Reply = { readonly response: ServerResponse; readonly requestId: string };

/** Sends a whole answer, which is short. node:http leaves the body out where the request is a HEAD. */
export function send(
  reply: Reply,
  status: number,
  contentType: string,
  body: string | Uint8Array,
  extra: Headers = [],
): void {
  writeHead(reply, status, contentType, body, extra).end(body);
}

/**
 * Sends a whole answer, however long: a short one at once, and there is nothing to wait for then. Errors: `usage`, its caller did not take it (taking.ts): the connection has ended.
 *
 * @param data what it is, its headers besides, and how slowly it may be taken
 */
export function sendLong(
  reply: Reply,
  data: string | Uint8Array,
  { contentType, extra = [], pace }: { contentType: string; extra?: Headers; pace: PaceLimits },
): Soon<void> {
  if (data.length * MOST_BYTES_OF_A_CHARACTER > SLICE_BYTES) {
    const body = typeof data === "string" ? Buffer.from(data) : data;
    return sendSlices(writeHead(reply, 200, contentType, body, extra), body, pace);
  }
  send(reply, 200, contentType, data, extra);
}

async function sendSlices(response: ServerResponse, body: Uint8Array, pace: PaceLimits): Promise<void> {
  await new Taking(response, pace).write(body);
  response.end();
}

/** Of one of JavaScript's, in UTF-8. */
const MOST_BYTES_OF_A_CHARACTER = 3;

function writeHead(
  { response, requestId }: Reply,
  status: number,
  contentType: string,
  body: string | Uint8Array,
  extra: Headers,
): ServerResponse {
  return response.writeHead(status, [
    "Content-Type",
    contentType,
    "Content-Length",
    String(Buffer.byteLength(body)),
    REQUEST_ID_HEADER,
    requestId,
    ...extra,
  ]);
}
