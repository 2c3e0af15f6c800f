/**
 * The life of one request: who asks, what came, what the command makes of it, and what goes back. Every error becomes
 * an answer here.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Logger } from "pino";
import type { Caller, Command, Request, Words } from "../api/command.ts";
import { LodgeError, method, missing, usage } from "../base/errors.ts";
import { Asked } from "./asked.ts";
import { content, contentCoding, drain } from "./body/body.ts";
import { inflateWhole } from "./body/gzip.ts";
import { readNothing, readProperties } from "./body/input.ts";
import type { Credentials } from "./credentials.ts";
import { shown } from "./formats/characters.ts";
import { NO_INPUT } from "./formats/format.ts";
import { outputFormat } from "./formats/negotiate.ts";
import { answer, refuse } from "./respond.ts";
import { matchesPath, type Route } from "./route.ts";

/** What serving needs beside the request. */
export type Surroundings = { readonly credentials: Credentials; readonly logger: Logger | undefined };

/** Node's two halves of one exchange. */
export type Exchange = { readonly request: IncomingMessage; readonly response: ServerResponse };

/** Serves `command`, whose path the request names. */
export function serveCommand(
  surroundings: Surroundings,
  command: Command,
  words: Words,
  exchange: Exchange,
): Promise<void> {
  return serve(surroundings, exchange, async (caller) => {
    const asked = await readRequest(command, caller, words, exchange);
    await answer(exchange.response, command, asked, outputFormat(exchange.request.headers.accept));
  });
}

/** Refuses a request that no route takes: `method` where another method would do, else `missing`. */
export function serveUnrouted(
  surroundings: Surroundings,
  routes: readonly Route[],
  exchange: Exchange,
): Promise<void> {
  return serve(surroundings, exchange, async () => {
    const { url = "", method: came } = exchange.request;
    const route = routes.find(({ words }) => matchesPath(words, url));
    if (route === undefined) throw missing(`there is no command ${shown(url)}`);
    const allowed = route.methods.join(", ");
    exchange.response.setHeader("Allow", allowed);
    throw method(`${route.words.join("/")} takes ${allowed}: ${came} came`);
  });
}

/** Refuses a request whose path cannot be decoded. */
export function serveUndecodable(surroundings: Surroundings, exchange: Exchange): Promise<void> {
  return serve(surroundings, exchange, async () => {
    throw usage(
      `the path ${shown(exchange.request.url ?? "")} is malformed: a % takes two hexadecimal digits`,
    );
  });
}

/** Lets `work` answer the caller, or answers the error that comes of it. */
async function serve(
  { credentials, logger }: Surroundings,
  { request, response }: Exchange,
  work: (caller: Caller) => Promise<void>,
): Promise<void> {
  const { authorization } = request.headers;
  try {
    await work(credentials.recall(authorization) ?? (await credentials.verify(authorization)));
  } catch (error) {
    const told = toldOf(error);
    if (told.type === "system" || told.type === "failed") {
      logger?.error({ err: error, method: request.method, url: request.url }, "a command failed");
    }
    refuse(response, told);
  }
  drain(request);
}

/** What the caller is told of `error`: nothing of what is inside where it was not meant for him. */
function toldOf(error: unknown): LodgeError {
  if (error instanceof LodgeError) return error;
  // Node's own functions wrap the reason of a signal that they were given: here, that the caller hung up.
  if (error instanceof Error && error.name === "AbortError" && error.cause instanceof LodgeError)
    return error.cause;
  return new LodgeError("system", "something went wrong in the cloud itself; its log says what", {
    cause: error,
  });
}

async function readRequest(
  command: Command,
  caller: Caller,
  words: Words,
  { request, response }: Exchange,
): Promise<Request> {
  switch (command.takes) {
    case "nothing":
      await readNothing(request, response);
      return new Asked(caller, words, NO_INPUT, response);
    case "properties":
      return new Asked(caller, words, await readProperties(request, response), response);
    case "bytes":
      return Object.assign(new Asked(caller, words, NO_INPUT, response), { body: bodyOf(request, response) });
  }
}

/** The body of a write. Errors: `usage`, at once, for chunked input, which the specification does not support. */
function bodyOf(request: IncomingMessage, response: ServerResponse): NonNullable<Request["body"]> {
  if (request.headers["transfer-encoding"] !== undefined) {
    throw usage("the body came chunked: a write takes a Content-Length, not Transfer-Encoding");
  }
  const bytes = content(request, response);
  const lengthBytes = Number(request.headers["content-length"] ?? 0);
  if (contentCoding(request) === "gzip" && lengthBytes > 0) {
    return (mostBytes) => inflateWhole(bytes, lengthBytes, mostBytes);
  }
  return async () => ({ lengthBytes, bytes, release: async () => {} });
}
