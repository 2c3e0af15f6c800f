/** One call of the API over HTTP or HTTPS, on connections that are kept for the next. */
import { Agent, type ClientRequest, type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps, Agent as SecureAgent } from "node:https";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
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

/** The cloud answered, and refused. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;

  constructor(status: number, type: string, sentence: string) {
    super(sentence === "" ? type : `${type}: ${sentence}`);
    this.status = status;
  }
}

const AGENTS = { "http:": new Agent({ keepAlive: true }), "https:": new SecureAgent({ keepAlive: true }) };

/** The URL of a call: the endpoint's own path, then the words, joined by slashes. */
export function urlOf(endpoint: Endpoint, words: readonly string[]): URL {
  return new URL(`${withoutLastSlashes(endpoint.uri.href)}/${words.join("/").replace(/^\/+/, "")}`);
}

/**
 * Sends a call and answers as soon as the status and headers of its answer have come, whatever the status is.
 *
 * Errors: one line, when the endpoint cannot be reached or breaks off.
 */
export function send(endpoint: Endpoint, call: Call): Promise<IncomingMessage> {
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
    agent: AGENTS[secure ? "https:" : "http:"],
    ...(call.signal === undefined ? {} : { signal: call.signal }),
    ...(call.silenceMs === undefined ? {} : { timeout: call.silenceMs }),
  };
  return new Promise((resolve, reject) => {
    const request = (secure ? requestHttps : requestHttp)(url, options);
    const content = call.body?.content;
    request.on("response", (answer) => {
      // An answer may come before all is sent; once it is read, nobody waits for the rest any more.
      answer.once("end", () => request.writableFinished || request.destroy());
      resolve(answer);
    });
    request.on("timeout", () => request.destroy(new Error("the connection fell silent")));
    request.on("error", (error) => {
      // Where a name stands for several addresses, only the code of the error says something.
      const cause = error.message || (error as NodeJS.ErrnoException).code;
      reject(new Error(`cannot reach ${url.origin}: ${cause}`, { cause: error }));
    });
    if (content === undefined || content instanceof Uint8Array) request.end(content);
    else sendStream(content, request, reject);
  });
}

function sendStream(content: Readable, request: ClientRequest, reject: (error: Error) => void): void {
  content.on("error", (error) => {
    reject(error);
    request.destroy();
  });
  content.pipe(request);
}

/** The refusal that an answer of status 400 or more is: its type by `X-Elastic-Error`, its sentence by its body. */
export async function refusalOf(answer: IncomingMessage): Promise<Refusal> {
  const status = answer.statusCode ?? 0;
  const type = String(
    answer.headers["x-elastic-error"] ?? `HTTP ${status} ${answer.statusMessage ?? ""}`.trim(),
  );
  const sentence = await text(answer).catch(() => "");
  return new Refusal(status, type, sentence.trim());
}

export const isRefused = (answer: IncomingMessage): boolean => (answer.statusCode ?? 0) >= 400;
