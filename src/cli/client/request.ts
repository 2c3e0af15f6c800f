/** One call of the API over HTTP or HTTPS, on connections that are kept for the next. */
import type { ClientRequest, IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { http, https } from "../../base/node-http.ts";
import { expectSuccess, Refusal, returnedBy } from "./answer.ts";
import { type Endpoint, withoutLastSlashes } from "./endpoint.ts";

/** `chunked` is not supported on a write (spec), so a body always has its length sent. */
export type Body = { readonly lengthBytes: number; readonly content: Uint8Array | Readable };

export type Call = {
  /** The words of the URL, which may hold slashes of their own. */
  readonly words: readonly string[];
  readonly method?: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Body;
  readonly signal?: AbortSignal;
  /** How long a connection may stay silent before it is given up; for ever when not said. */
  readonly silenceMs?: number;
};

/** An answer, which knows its request. */
export type Answer = IncomingMessage & { readonly req: ClientRequest };

/** The URL of a call: the endpoint's own path, then the words, joined by slashes. */
export function urlOf(endpoint: Endpoint, words: readonly string[]): URL {
  return new URL(`${withoutLastSlashes(endpoint.uri.href)}/${words.join("/").replace(/^\/+/, "")}`);
}

/** Sends a call and answers its success, to be read. Errors: those of `send`; `Refusal` for any other answer. */
export async function answerOf(endpoint: Endpoint, call: Call): Promise<Answer> {
  const answer = await send(endpoint, call);
  await expectSuccess(answer, urlOf(endpoint, call.words), returnedBy(call.words));
  return answer;
}

/**
 * Sends a call and answers as soon as the status and headers of its answer have come, whatever the status is.
 *
 * Errors: one line, when the endpoint cannot be reached or breaks off.
 */
export function send(endpoint: Endpoint, call: Call): Promise<Answer> {
  const url = urlOf(endpoint, call.words);
  const secure = url.protocol === "https:";
  const headers = {
    Accept: "*/*",
    ...call.headers,
    Authorization: endpoint.authorization,
    ...(call.method === "GET" ? {} : { "Content-Length": call.body?.lengthBytes ?? 0 }),
  };
  const options = {
    method: call.method ?? "POST",
    headers,
    agent: endpoint.agent,
    ...(call.signal === undefined ? {} : { signal: call.signal }),
    ...(call.silenceMs === undefined ? {} : { timeout: call.silenceMs }),
  };
  return new Promise((resolve, reject) => {
    const request = (secure ? https() : http).request(url, options);
    const content = call.body?.content;
    request.on("response", (answer) => {
      // An answer may come before all is sent; once it is read, nobody waits for the rest any more.
      answer.once("end", () => request.writableFinished || request.destroy());
      resolve(answer as Answer);
    });
    request.on("timeout", () => request.destroy(new Error("the connection fell silent")));
    request.on("error", (error) => reject(unreached(error, url, endpoint)));
    if (content === undefined || content instanceof Uint8Array) request.end(content);
    else sendStream(content, request, reject);
  });
}

/** Why no answer came. A proxy that refuses to go there (RFC 9110, 9.3.6) will go on doing so, as a cloud that refuses. */
function unreached(
  error: NodeJS.ErrnoException & { statusCode?: number },
  { origin }: URL,
  { proxy }: Endpoint,
): Error {
  // Where a name stands for several addresses, only the code of the error says something.
  const cause = error.message || error.code;
  const by = proxy === null ? "" : ` by the proxy ${proxy.host}`;
  const message = `cannot reach ${origin}${by}: ${cause}`;
  return error.statusCode === undefined
    ? new Error(message, { cause: error })
    : new Refusal(error.statusCode, message);
}

function sendStream(content: Readable, request: ClientRequest, reject: (error: Error) => void): void {
  content.on("error", (error) => {
    reject(error);
    request.destroy();
  });
  content.pipe(request);
}
