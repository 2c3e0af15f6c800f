/**
 * The admin listener: metrics and health for whoever watches the daemon, apart from the API and its callers. It takes no
 * credentials, so it is to be reached by them alone. What a client of it can hold is bounded as it is.
 */
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { hostAndPort, isLoopback } from "../base/networks.ts";
import { http } from "../base/node-http.ts";
import { cannotListen } from "../http/cannot-listen.ts";
import { type Exchange, exchangeOf } from "../http/exchange.ts";
import { HEALTH_ROUTES, type Health } from "../http/health.ts";
import { allowed, type Route } from "../http/route.ts";
import { send } from "../http/send.ts";
import type { Exposition } from "./exposition.ts";

/** Several Prometheus servers, a balancer or two, and a person. */
const MOST_CONNECTIONS = 64;
const HEADER_BYTES = 8 * 1024;
/** How long a request may take to come, and a client to take some of its answer. */
const SILENCE_MS = 10_000;
const KEEP_ALIVE_MS = 75_000;

type AdminRoute = Route & { answer(exchange: Exchange): void | Promise<void> };

export type AdminListenerOptions = {
  readonly health: Health;
  readonly exposition: Pick<Exposition, "text" | "contentType">;
  /** Told why metrics could not be told. */
  readonly onTrouble: (error: unknown) => void;
};

export type AdminListener = {
  /** Where it listens, `http://HOST:PORT`. */
  readonly url: string;
  /** Whether programs of this machine alone reach it. */
  readonly isLocal: boolean;
  close(): Promise<void>;
};

/** Listens there until it is closed. Errors: `failed`, which says why it cannot; the system's. */
export async function openAdminListener(
  at: { readonly host: string; readonly port: number },
  options: AdminListenerOptions,
): Promise<AdminListener> {
  const routes = adminRoutes(options);
  const server = http.createServer(
    {
      maxHeaderSize: HEADER_BYTES,
      headersTimeout: SILENCE_MS,
      requestTimeout: SILENCE_MS,
      connectionsCheckingInterval: SILENCE_MS / 2,
      keepAliveTimeout: KEEP_ALIVE_MS,
    },
    (request, response) => void serve(routes, options, request, response),
  );
  server.maxConnections = MOST_CONNECTIONS;
  server.setTimeout(SILENCE_MS);
  await once(server.listen(at), "listening").catch((error) => {
    throw cannotListen(error, at, "--admin / LODGE_ADMIN");
  });
  const { address, port } = server.address() as AddressInfo;
  return {
    url: `http://${hostAndPort(address, port)}`,
    isLocal: isLoopback(address),
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function adminRoutes({ health, exposition }: AdminListenerOptions): readonly AdminRoute[] {
  const metrics: AdminRoute = {
    path: ["metrics"],
    methods: ["GET", "HEAD"],
    async answer(exchange) {
      send(exchange, 200, exposition.contentType, await exposition.text());
    },
  };
  const healthRoutes = HEALTH_ROUTES.map((route) => ({
    ...route,
    answer: (exchange: Exchange) => route.answer(health, exchange),
  }));
  return [metrics, ...healthRoutes];
}

/** Whatever it asks, its body is thrown away with its connection. */
async function serve(
  routes: readonly AdminRoute[],
  { onTrouble }: AdminListenerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const exchange = exchangeOf(request, response);
  const [path] = (request.url ?? "").split("?", 1);
  const route = routes.find((each) => `/${each.path.join("/")}` === path);
  try {
    if (route === undefined) refuse(exchange, 404, "there is /metrics, /health/live and /health/ready");
    else if (!route.methods.includes(request.method ?? "")) {
      response.setHeader("Allow", allowed(route));
      refuse(exchange, 405, `it takes ${allowed(route)}`);
    } else await route.answer(exchange);
  } catch (error) {
    onTrouble(error);
    refuse(exchange, 500, "it could not be found out: the log says why");
  }
}

function refuse(exchange: Exchange, status: number, sentence: string): void {
  send(exchange, status, "text/plain; charset=utf-8", `${sentence}\n`, ["Connection", "close"]);
}
