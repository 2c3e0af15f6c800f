/**
 * The HTTP server: the table of commands behind Fastify's router. Fastify routes and listens; bodies and answers are
 * this folder's, since the specification's formats fit no framework's parsers.
 */
import { createServer, METHODS, type RequestListener, type Server } from "node:http";
import fastify, { type FastifyInstance } from "fastify";
import type { Logger } from "pino";
import type { Command, Params } from "../api/command.ts";
import { type Authenticate, Credentials } from "./credentials.ts";
import { exchangeOf } from "./exchange.ts";
import { answerMalformed } from "./malformed-http.ts";
import { openApi } from "./openapi/openapi.ts";
import { send } from "./respond.ts";
import { type Route, routePattern, routesOf } from "./route.ts";
import { type ServeDependencies, serveCommand, serveUndecodable, serveUnrouted } from "./serve.ts";
import { STATUSES } from "./status.ts";

export type ServerOptions = {
  readonly commands: readonly Command[];
  readonly authenticate: Authenticate;
  /** Told of every change, of what was refused, and of every answer with status 500 with what led to it. */
  readonly logger?: Logger | undefined;
};

const HEADER_BYTES = 16 * 1024;
const HEADERS_TIMEOUT_MS = 20_000;
/** Longer than load balancers keep a connection, so that it is they who close it. */
const KEEP_ALIVE_MS = 75_000;
/** How long requests under way may go on once the server closes. */
const CLOSING_MS = 5_000;

const HEALTH: Route = { path: ["health"], methods: ["GET", "HEAD"] };
const OPENAPI: Route = { path: ["openapi.json"], methods: ["GET", "HEAD"] };

/**
 * A server for `commands`, not yet listening: `listen({ host, port })` starts it, `server.address()` tells its port, and
 * `close()` lets the requests under way end, for five seconds at most.
 */
export function openServer({ commands, authenticate, logger }: ServerOptions): FastifyInstance {
  const dependencies: ServeDependencies = { credentials: new Credentials(authenticate), logger };
  const app = fastify({
    serverFactory: openHttpServer,
    clientErrorHandler: (error, socket) => answerMalformed(error, socket, logger),
    frameworkErrors: (_error, request, reply) => {
      void serveUndecodable(dependencies, exchangeOf(request.raw, reply.raw));
    },
    return503OnClosing: false,
    exposeHeadRoutes: false,
    // No word of a URL can be longer than all of it, and Fastify is not to answer for us.
    routerOptions: { ignoreTrailingSlash: true, ignoreDuplicateSlashes: true, maxParamLength: HEADER_BYTES },
  });
  // A method without a body, as Fastify has it, is one whose body and content type it leaves alone.
  for (const method of METHODS) app.addHttpMethod(method, { hasBody: false, overrideExisting: true });

  const routes = [HEALTH, OPENAPI, ...commands.flatMap(routesOf)];
  addDocuments(app, commands);
  for (const command of commands) {
    for (const { methods, path } of routesOf(command)) {
      app.route({
        method: [...methods],
        url: routePattern(path),
        handler: ({ raw: request, params }, { raw: response }) => {
          void serveCommand(dependencies, command, params as Params, exchangeOf(request, response));
        },
      });
    }
  }
  app.setNotFoundHandler(({ raw: request }, { raw: response }) => {
    void serveUnrouted(dependencies, routes, exchangeOf(request, response));
  });
  app.addHook("preClose", async () => closeInTime(app.server));
  return app;
}

/** What is answered to everybody, without credentials: whether the daemon is up, and what its API is. */
function addDocuments(app: FastifyInstance, commands: readonly Command[]): void {
  const answers = ({ methods, path }: Route, body: () => string) =>
    app.route({
      method: [...methods],
      url: routePattern(path),
      handler: ({ raw: request }, { raw: response }) =>
        send(exchangeOf(request, response), 200, "application/json", body()),
    });
  answers(HEALTH, () => '{"status":"ok"}');
  let description: string | undefined;
  answers(OPENAPI, () => (description ??= JSON.stringify(openApi(commands, STATUSES))));
}

/** Node's server, answering `Expect` in its own time: `100-continue` when the body is read, anything else not at all. */
function openHttpServer(handle: RequestListener): Server {
  const server = createServer(
    {
      maxHeaderSize: HEADER_BYTES,
      headersTimeout: HEADERS_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      // A write may take as long as its bytes do; silence ends it (body.ts).
      requestTimeout: 0,
      // One without a body has ended as it comes: most requests, and the body's end costs more than reading its headers.
      optimizeEmptyRequests: true,
    },
    handle,
  );
  return server.on("checkContinue", handle).on("checkExpectation", handle);
}

/** Cuts the connections that are still open when the time to close is up. */
function closeInTime(server: Server): void {
  const deadline = setTimeout(() => server.closeAllConnections(), CLOSING_MS);
  server.once("close", () => clearTimeout(deadline));
}
