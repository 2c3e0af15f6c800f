/**
 * The HTTP server: the table of commands behind a router. Bodies and answers are this folder's, since the specification's
 * formats fit no framework's parsers.
 */
import type { RequestListener, Server } from "node:http";
import type { Socket } from "node:net";
import createRouter, { type HTTPMethod } from "find-my-way";
import type { Logger } from "pino";
import type { Command, Params } from "../api/command.ts";
import type { Viewings } from "../api/viewing.ts";
import { auth } from "../base/errors.ts";
import type { ConsoleSite } from "../console/site.ts";
import type { Accounts } from "./accounts.ts";
import { ambiguityOf } from "./ambiguity.ts";
import { AnonymousRates } from "./anonymous-rates.ts";
import { BytesInFlight } from "./body/bytes-in-flight.ts";
import type { Scratch } from "./body/scratch.ts";
import { WrittenBodies } from "./body/written-body.ts";
import { Connections } from "./connections.ts";
import { serveConsole } from "./console-routes.ts";
import { Credentials } from "./credentials.ts";
import { Drain } from "./drain.ts";
import { type Exchange, exchangeOf } from "./exchange.ts";
import { FailedLogins } from "./failed-logins.ts";
import { Forwarded } from "./forwarded.ts";
import { Handshakes } from "./handshakes.ts";
import { HEALTH_ROUTES, Health } from "./health.ts";
import { HttpServer } from "./http-server.ts";
import { InOrder } from "./in-order.ts";
import { KnownRoutes } from "./known-routes.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import { answerConnect, answerMalformed } from "./malformed-http.ts";
import { HEADER_BYTES, openNodeServer } from "./node-server.ts";
import { openApi } from "./openapi/openapi.ts";
import { slotsForLists } from "./pieces.ts";
import { RateLimits, type Rates } from "./rates.ts";
import { RequestCounts } from "./request-counts.ts";
import { type Route, routePattern, routesOf } from "./route.ts";
import { sendLong } from "./send.ts";
import {
  isAdmitted,
  type ServeDependencies,
  serveAmbiguous,
  serveCommand,
  serveUndecodable,
  serveUnrouted,
} from "./serve.ts";
import { STATUSES } from "./status.ts";
import { Streams } from "./streams.ts";
import type { TlsFiles } from "./tls-files.ts";
import { Traffic } from "./traffic.ts";
import { isUpgrade, Upgrades } from "./upgrades.ts";

export type ServerOptions = {
  readonly commands: readonly Command[];
  readonly accounts: Accounts;
  /**
   * What one account may ask in a minute, how many of its logins, and of an address's, may fail, and how many requests an
   * address may send without credentials.
   */
  readonly rates?: Rates & { readonly failedLogins: number; readonly anonymous: number };
  /** Told of every change, of what was refused, and of every answer with status 500 with what led to it. */
  readonly logger?: Logger | undefined;
  /** What a ticket lets its bearer look at; without it, no ticket is one. */
  readonly viewings?: Viewings;
  /** Where gzipped bodies are kept that are too large for memory. */
  readonly scratch: Scratch;
  /** Whether callers are to be led here; without it, until the server closes. */
  readonly health?: Health;
  /** The pages below `/console/`; without it there are none. */
  readonly console?: ConsoleSite;
  /** With whose certificate TLS is spoken; in clear without. */
  readonly tls?: TlsFiles | undefined;
  /** Addresses and networks of proxies that say whom they speak for. */
  readonly trustProxies?: readonly string[];
  /** Other than the usual ones. */
  readonly limits?: Partial<Limits>;
};

/** Where nobody says otherwise. */
const UNBOUNDED = {
  requests: Number.MAX_SAFE_INTEGER,
  bytes: Number.MAX_SAFE_INTEGER,
  objects: Number.MAX_SAFE_INTEGER,
  failedLogins: Number.MAX_SAFE_INTEGER,
  anonymous: Number.MAX_SAFE_INTEGER,
};

const NO_VIEWINGS: Viewings = {
  open: () => Promise.reject(auth("credentials_wrong", "there are no tickets here")),
};

/** What serves a URL, and what its parameters are. */
type Found = { serve(exchange: Exchange, params: Params): void; readonly params: Params };

const NO_QUERY = {};

const OPENAPI: Route = { path: ["openapi.json"], methods: ["GET", "HEAD"] };

/** A server for `commands`, not yet listening. */
export function openServer(options: ServerOptions): HttpServer {
  const { commands, logger, tls: files, health = new Health(async () => {}) } = options;
  const limits = { ...defaultLimits(), ...options.limits };
  const dependencies = serveDependencies(options, limits);
  const routes = [...HEALTH_ROUTES, OPENAPI, ...commands.flatMap(routesOf)];
  const known = new KnownRoutes<Found>();
  const router = createRouter({
    ignoreTrailingSlash: true,
    ignoreDuplicateSlashes: true,
    // No word of a URL can be longer than all of it.
    maxParamLength: HEADER_BYTES,
    // No command takes a query.
    querystringParser: () => NO_QUERY,
    onBadUrl: (_path, request, response) => {
      void serveUndecodable(dependencies, exchangeOf(request, response));
    },
    defaultRoute: (request, response) => {
      void serveUnrouted(dependencies, routes, exchangeOf(request, response));
    },
  });
  const add = ({ methods, path }: Route, serve: Found["serve"]) =>
    router.on(methods as HTTPMethod[], routePattern(path), (request, response, params) => {
      known.remember(request.method ?? "", request.url ?? "", { serve, params });
      serve(exchangeOf(request, response), params);
    });
  for (const route of HEALTH_ROUTES) {
    add(route, (exchange) => {
      if (isAdmitted(dependencies, exchange, "health")) void route.answer(health, exchange);
    });
  }
  let description: Buffer | undefined;
  add(OPENAPI, (exchange) => {
    if (!isAdmitted(dependencies, exchange, "other")) return;
    // One for all: who does not take it holds no memory of their own.
    description ??= Buffer.from(JSON.stringify(openApi(commands, STATUSES)));
    const sent = sendLong(exchange, description, { contentType: "application/json", pace: limits });
    // Whoever does not take it has gone, and there is nobody to tell.
    sent?.catch(() => {});
  });
  if (options.console !== undefined) serveConsole(router, options.console, { dependencies, routes, limits });
  for (const command of commands) {
    for (const route of routesOf(command)) {
      add(route, (exchange, params) => void serveCommand(dependencies, command, params, exchange));
    }
  }
  const drain = new Drain(limits);
  const serve: RequestListener = (request, response) => {
    const ambiguity = ambiguityOf(request);
    if (ambiguity !== null) {
      serveAmbiguous(dependencies, exchangeOf(request, response), ambiguity);
      return;
    }
    const found = known.find(request.method ?? "", request.url ?? "");
    if (found === undefined) router.lookup(request, response);
    else found.serve(exchangeOf(request, response), found.params);
  };
  const inOrder = new InOrder(drain.guard(serve));
  const server = openNodeServer(inOrder.handle, { headersMs: limits.headersMs, tls: files, isUpgrade });
  const upgrades = new Upgrades({ ...dependencies, viewings: options.viewings ?? NO_VIEWINGS });
  const tls = files && { files, handshakes: new Handshakes(limits, logger) };
  const connections = new Connections(limits.connections, logger, tls !== undefined);
  const traffic = new Traffic();
  const admit = (socket: Socket) => {
    const isAdmitted = connections.admit(socket);
    if (isAdmitted) traffic.watch(socket);
    return isAdmitted;
  };
  if (tls !== undefined) tls.handshakes.guard(server, admit);
  else server.on("connection", (socket) => admit(socket) || inOrder.ignore(socket));
  leaveHttp(server, inOrder, { ...dependencies, upgrades });
  const figures = () => ({
    requests: dependencies.counts.figures,
    traffic: traffic.figures,
    inFlight: dependencies.inFlight.figures,
    connections: connections.figures,
  });
  const { streams } = dependencies;
  return new HttpServer({ server, inOrder, drain, upgrades, streams, tls, health, figures, logger });
}

/** What is no HTTP, or no more, has its turn once all before it on its connection is answered. */
function leaveHttp(
  server: Server,
  inOrder: InOrder,
  dependencies: ServeDependencies & { readonly upgrades: Upgrades },
): void {
  server.on("upgrade", (request, stream, head) => {
    const socket = stream as Socket;
    inOrder.broken(socket, () => dependencies.upgrades.handle(request, socket, head));
  });
  server.on("clientError", (error, stream) => {
    const socket = stream as Socket;
    inOrder.broken(socket, () => answerMalformed(error, socket, dependencies));
  });
  server.on("connect", (_request, stream) => {
    const socket = stream as Socket;
    // node:http minds it no longer, and that its caller breaks off is no fault of ours.
    socket.on("error", () => socket.destroy());
    inOrder.broken(socket, () => answerConnect(socket, dependencies));
  });
}

function serveDependencies(
  { commands, accounts, logger, scratch, trustProxies = [], rates = UNBOUNDED }: ServerOptions,
  limits: Limits,
): ServeDependencies {
  const inFlight = new BytesInFlight(limits);
  const anonymous = new AnonymousRates(rates.anonymous, logger);
  const failed = new FailedLogins(rates.failedLogins, logger, performance.now());
  return {
    accounts,
    anonymous,
    credentials: new Credentials(accounts, { anonymous, failed }),
    forwarded: new Forwarded(trustProxies, limits.connections),
    rates: new RateLimits(rates),
    counts: new RequestCounts(commands),
    logger,
    inFlight,
    bodies: new WrittenBodies({ inFlight, scratch }, limits),
    pace: limits,
    lists: slotsForLists(),
    streams: new Streams(limits),
  };
}
