/**
 * A command's path (spec: the first row of each of its tables) as routes. A word in capitals is a parameter, a word in
 * brackets optional: `drives/DRIVE/write[/OFFSET]` is two routes.
 */
import type { Command } from "../api/command.ts";

export type Route = { readonly words: readonly string[]; readonly methods: readonly string[] };

const PARAMETER = /^[A-Z]+$/;

/** The routes of a command. Reading ones take POST too, since the original tool sends nothing else (real clients: 1). */
export function routesOf({ path, effect }: Pick<Command, "path" | "effect">): Route[] {
  const methods = effect === "reads" ? ["GET", "HEAD", "POST"] : ["POST"];
  return expandPath(path).map((words) => ({ words, methods }));
}

/** The paths, as lists of words, that `path` stands for. */
function expandPath(path: string): string[][] {
  const optional = /^(.*?)\[(.*?)\](.*)$/.exec(path);
  if (optional === null) return [wordsOf(path)];
  const [, before = "", inside = "", after = ""] = optional;
  return [...expandPath(before + after), ...expandPath(before + inside + after)];
}

/** The words as a pattern of Fastify's router, which names what stands for a parameter as the path does. */
export function routePattern(words: readonly string[]): string {
  return words.map((word) => (PARAMETER.test(word) ? `/:${word}` : `/${word}`)).join("");
}

/** Whether `url` is a path of those words, whatever its slashes and its query. */
export function matchesPath(words: readonly string[], url: string): boolean {
  const came = wordsOf(url.split("?", 1)[0] ?? "");
  return (
    came.length === words.length && words.every((word, index) => PARAMETER.test(word) || word === came[index])
  );
}

const wordsOf = (path: string) => path.split("/").filter((word) => word !== "");
