/** The routes of the console, which are no commands': `/`, for whoever shows pages, and all below `/console/`. */
import type { HTTPMethod, HTTPVersion, Instance } from "find-my-way";
import type { ConsoleSite } from "../console/site.ts";
import type { PaceLimits } from "./body/pace.ts";
import { answerConsole, leadToConsole, showsPages } from "./console.ts";
import { exchangeOf } from "./exchange.ts";
import type { Route } from "./route.ts";
import { isAdmitted, type ServeDependencies, serveUnrouted } from "./serve.ts";

const PATTERNS = ["/console", "/console/*"];
const METHODS: HTTPMethod[] = ["GET", "HEAD"];

type Parts = {
  readonly dependencies: ServeDependencies;
  /** Of the commands, for whoever asks for none. */
  readonly routes: readonly Route[];
  readonly limits: PaceLimits;
};

/** Adds them to the router. */
export function serveConsole(
  router: Instance<HTTPVersion.V1>,
  site: ConsoleSite,
  { dependencies, routes, limits }: Parts,
): void {
  router.on(METHODS, "/", (request, response) => {
    const exchange = exchangeOf(request, response);
    if (!showsPages(exchange)) void serveUnrouted(dependencies, routes, exchange);
    else if (isAdmitted(dependencies, exchange, "console")) leadToConsole(exchange);
  });
  for (const pattern of PATTERNS) {
    router.on(METHODS, pattern, (request, response, params) => {
      const exchange = exchangeOf(request, response);
      if (!isAdmitted(dependencies, exchange, "console")) return;
      const sent = answerConsole(site, params["*"] ?? "", exchange, limits);
      // Whoever does not take it has gone, and there is nobody to tell.
      sent.catch(() => {});
    });
  }
}
