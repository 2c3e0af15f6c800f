/** One request with its answer, as they go through this folder. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { requestIdOf } from "./request-id.ts";

/** Node's two halves of one exchange, and what names it. */
export type Exchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
};

export function exchangeOf(request: IncomingMessage, response: ServerResponse): Exchange {
  return { request, response, requestId: requestIdOf(request.headers["x-request-id"]) };
}
