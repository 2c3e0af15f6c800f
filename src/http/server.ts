/**
 * The HTTP server: the table of commands behind a router. Bodies and answers are this folder's, since the specification's
 * formats fit no framework's parsers.
 */
import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import createRouter, { type HTTPMethod } from "find-my-way";
import type { Logger } from "pino";
import type { Command, Params } from "../api/command.ts";
import { failed } from "../base/errors.ts";
import { BytesInFlight } from "./body/bytes-in-flight.ts";
import type { Scratch } from "./body/scratch.ts";
import { WrittenBodies } from "./body/written-body.ts";
import { Connections } from "./connections.ts";
import { type Authenticate, Credentials } from "./credentials.ts";
import { Drain } from "./drain.ts";
import { type Exchange, exchangeOf } from "./exchange.ts";
import { FailedLogins } from "./failed-logins.ts";
import { hasOneHost } from "./host-header.ts";
import { InOrder } from "./in-order.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import { answerConnect, answerMalformed } from "./malformed-http.ts";
import { openApi } from "./openapi/openapi.ts";
import { slotsForLists } from "./pieces.ts";
import { RateLimits, type Rates } from "./rates.ts";
import { type Route, routePattern, routesOf } from "./route.ts";
import { send, sendLong } from "./send.ts";
import {
  type ServeDependencies,
  serveCommand,
  serveUndecodable,
  serveUnrouted,
  serveWithoutHost,
} from "./serve.ts";
import { STATUSES } from "./status.ts";

export type ServerOptions = {
  readonly commands: readonly Command[];
  readonly authenticate: Authenticate;
  /** What one account may ask in a minute, and how many of its logins, and of an address's, may fail. */
  readonly rates?: Rates & { readonly failedLogins: number };
  /** Told of every change, of what was refused, and of every answer with status 500 with what led to it. */
  readonly logger?: Logger | undefined;
  /** Where gzipped bodies are kept that are too large for memory. */
  readonly scratch: Scratch;
  /** Other than the usual ones. */
  readonly limits?: Partial<Limits>;
};

const HEADER_BYTES = 16 * 1024;
/** Longer than load balancers keep a connection, so that it is they who close it. */
const KEEP_ALIVE_MS = 75_000;
/** How long requests under way may go on once the server closes. */
const CLOSING_MS = 10_000;

/** Where nobody says otherwise. */
const UNBOUNDED = {
  requests: Number.MAX_SAFE_INTEGER,
  bytes: Number.MAX_SAFE_INTEGER,
  objects: Number.MAX_SAFE_INTEGER,
  failedLogins: Number.MAX_SAFE_INTEGER,
};

/** Why an address cannot be listened at (bind(2), getaddrinfo(3)). */
const CANNOT_LISTEN: Readonly<Record<string, string>> = {
  EADDRINUSE: "another process does",
  EADDRNOTAVAIL: "this machine has no such address",
  EACCES: "only root may, at a port this low",
  ENOTFOUND: "no address of that name is known",
  EAI_AGAIN: "the name cannot be looked up now",
};

const HEALTH: Route = { path: ["health"], methods: ["GET", "HEAD"] };
const OPENAPI: Route = { path: ["openapi.json"], methods: ["GET", "HEAD"] };

/** What a server's end needs to know of its requests. */
type Ending = Pick<ServerOptions, "logger"> & { readonly inOrder: InOrder; readonly drain: Drain };

/** An HTTP server that is to be started. */
export class HttpServer {
  readonly #server: Server;
  readonly #inOrder: InOrder;
  readonly #drain: Drain;
  readonly #logger: Logger | undefined;
  #ended: Promise<void> | undefined;

  constructor(server: Server, { inOrder, drain, logger }: Ending) {
    this.#server = server;
    this.#inOrder = inOrder;
    this.#drain = drain;
    this.#logger = logger;
  }

  /** Answers where it listens, `http://HOST:PORT`. Errors: `failed`, which says why it cannot; the system's. */
  async listen(at: { readonly host: string; readonly port: number }): Promise<string> {
    await once(this.#server.listen(at), "listening").catch((error: NodeJS.ErrnoException) => {
      const why = CANNOT_LISTEN[error.code ?? ""];
      if (why === undefined) throw error;
      throw failed(`Lodge cannot listen at ${at.host}:${at.port} (--listen / LODGE_LISTEN): ${why}`, {
        cause: error,
      });
    });
    const { address, family, port } = this.#server.address() as AddressInfo;
    return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
  }

  /**
   * Lets the requests under way end, for so long at most; those that come meanwhile are 503. Then all connections are cut, and
   * nothing listens. Called again, it may shorten the time.
   */
  async close(withinMs = CLOSING_MS): Promise<void> {
    if (!this.#server.listening) return;
    await this.#drain.drain(this.#inOrder.current(), withinMs);
    this.#ended ??= this.#end();
    await this.#ended;
  }

  async #end(): Promise<void> {
    const requests = this.#drain.underWay;
    if (requests > 0) this.#logger?.warn({ requests }, "requests that are still under way are cut off");
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

/** A server for `commands`, not yet listening. */
export function openServer(options: ServerOptions): HttpServer {
  const { commands, authenticate, logger, scratch, rates = UNBOUNDED } = options;
  const limits = { ...defaultLimits(), ...options.limits };
  const inFlight = new BytesInFlight(limits);
  const dependencies: ServeDependencies = {
    credentials: new Credentials(
      authenticate,
      new FailedLogins(rates.failedLogins, logger, performance.now()),
    ),
    rates: new RateLimits(rates),
    logger,
    inFlight,
    bodies: new WrittenBodies({ inFlight, scratch }, limits),
    pace: limits,
    lists: slotsForLists(),
  };
  const routes = [HEALTH, OPENAPI, ...commands.flatMap(routesOf)];
  const router = createRouter({
    ignoreTrailingSlash: true,
    ignoreDuplicateSlashes: true,
    // No word of a URL can be longer than all of it.
    maxParamLength: HEADER_BYTES,
    onBadUrl: (_path, request, response) => {
      void serveUndecodable(dependencies, exchangeOf(request, response));
    },
    defaultRoute: (request, response) => {
      void serveUnrouted(dependencies, routes, exchangeOf(request, response));
    },
  });
  const add = ({ methods, path }: Route, serve: (exchange: Exchange, params: Params) => void) =>
    router.on(methods as HTTPMethod[], routePattern(path), (request, response, params) =>
      serve(exchangeOf(request, response), params),
    );
  add(HEALTH, (exchange) => send(exchange, 200, "application/json", '{"status":"ok"}'));
  let description: Buffer | undefined;
  add(OPENAPI, (exchange) => {
    // One for all: who does not take it holds no memory of their own.
    description ??= Buffer.from(JSON.stringify(openApi(commands, STATUSES)));
    const sent = sendLong(exchange, description, { contentType: "application/json", pace: limits });
    // Whoever does not take it has gone, and there is nobody to tell.
    sent.catch(() => {});
  });
  for (const command of commands) {
    for (const route of routesOf(command)) {
      add(route, (exchange, params) => void serveCommand(dependencies, command, params, exchange));
    }
  }
  const drain = new Drain(limits);
  const serve: RequestListener = (request, response) => {
    if (hasOneHost(request)) router.lookup(request, response);
    else serveWithoutHost(dependencies, exchangeOf(request, response));
  };
  const inOrder = new InOrder(drain.guard(serve));
  const server = openHttpServer(inOrder.handle, limits.headersMs);
  const connections = new Connections(limits.connections, logger);
  server.on("connection", (socket) => connections.admit(socket) || inOrder.ignore(socket));
  server.on("clientError", (error, stream) => {
    const socket = stream as Socket;
    inOrder.broken(socket, () => answerMalformed(error, socket, logger));
  });
  server.on("connect", (_request, stream) => {
    const socket = stream as Socket;
    // node:http minds it no longer, and that its caller breaks off is no fault of ours.
    socket.on("error", () => socket.destroy());
    inOrder.broken(socket, () => answerConnect(socket, logger));
  });
  return new HttpServer(server, { inOrder, drain, logger });
}

/** Node's server, answering `Expect` in its own time: `100-continue` when the body is read, anything else not at all. */
function openHttpServer(handle: RequestListener, headersMs: number): Server {
  const server = createServer(
    {
      maxHeaderSize: HEADER_BYTES,
      headersTimeout: headersMs,
      connectionsCheckingInterval: headersMs / 2,
      keepAliveTimeout: KEEP_ALIVE_MS,
      // Refused by ourselves, in the words of an error (host-header.ts).
      requireHostHeader: false,
      // A write may take as long as its bytes do; silence ends it (body.ts).
      requestTimeout: 0,
      // One without a body has ended as it comes: most requests, and the body's end costs more than reading its headers.
      optimizeEmptyRequests: true,
    },
    handle,
  );
  return server.on("checkContinue", handle).on("checkExpectation", handle);
}
