/** A command's paths as routes of Fastify's router, with the methods that it takes. */
import type { Command } from "../api/command.ts";
import { expandPath, isParameter, type Path } from "../api/path.ts";

export type Route = { readonly path: Path; readonly methods: readonly string[] };

/** The routes of a command. Reading ones take POST too, since the original tool sends nothing else (real clients: 1). */
export function routesOf({ path, effect }: Pick<Command, "path" | "effect">): Route[] {
  const methods = effect === "reads" ? ["GET", "HEAD", "POST"] : ["POST"];
  return expandPath(path).map((words) => ({ path: words, methods }));
}

/** The path as a pattern of Fastify's router, which names what stands for a parameter as the path does. */
export function routePattern(path: Path): string {
  return path.map((word) => (isParameter(word) ? `/:${word}` : `/${word}`)).join("");
}
