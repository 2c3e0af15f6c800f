/** A command's paths as routes of the router, with the methods that it takes. */
import type { Command, Role } from "../api/command.ts";
import { expandPath, isParameter, matchesPath, type Path } from "../api/path.ts";
import { shown } from "../api/shown.ts";
import { type LodgeError, method, missing } from "../base/errors.ts";

export type Route = {
  readonly path: Path;
  readonly methods: readonly string[];
  /** Whether it is there for admins alone. */
  readonly isAdmins?: boolean;
};

/** The routes of a command. Reading ones take POST too, since the original tool sends nothing else (real clients: 1). */
export function routesOf({
  path,
  effect,
  isAdmins = false,
}: Pick<Command, "path" | "effect" | "isAdmins">): Route[] {
  const methods = effect === "reads" ? ["GET", "HEAD", "POST"] : ["POST"];
  return expandPath(path).map((words) => ({ path: words, methods, isAdmins }));
}

/** The path as a pattern of the router, which names what stands for a parameter as the path does. */
export function routePattern(path: Path): string {
  return path.map((word) => (isParameter(word) ? `/:${word}` : `/${word}`)).join("");
}

/**
 * The route whose path the URL has, by whatever method it came. Errors: `missing`, no command that is there for the role has
 * such a path.
 */
export function routeTo(routes: readonly Route[], url: string, role: Role): Route {
  const route = routes.find(({ path }) => matchesPath(path, url));
  if (route === undefined || (route.isAdmins === true && role !== "admin")) throw noSuchCommand(url);
  return route;
}

export const noSuchCommand = (url: string) => missing("no_such_command", `there is no command ${shown(url)}`);

/** The methods that a route takes, as the header `Allow` names them (RFC 9110, 10.2.1). */
export const allowed = ({ methods }: Route) => methods.join(", ");

/** The error for a request that came to the route by another method. */
export function wrongMethod(route: Route, came: string): LodgeError {
  return method("wrong_method", `${route.path.join("/")} takes ${allowed(route)}: ${came} came`);
}
