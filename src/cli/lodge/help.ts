/** `lodge help`: the subcommands, and the API for people at a terminal, read off the table of commands. */

import { helpOf, type Key } from "../../api/key.ts";
import { usage } from "../../base/errors.ts";
import { COMMANDS, type CommandRow } from "../../commands.ts";
import { parse, print } from "./subcommand.ts";

/**
 * Takes the words of a subcommand, those of a path, with slashes or spaces between, or none.
 *
 * @param usageOf the lines of the subcommands that begin with such words
 *
 * Errors: `usage`.
 */
export async function run(
  args: readonly string[],
  usageOf: (words: string) => readonly string[],
): Promise<void> {
  const words = parse(args, {}).positionals;
  const usages = usageOf(words.join(" "));
  if (words.length > 0 && usages.length > 0) return print(...usages);
  if (words.length === 0) print(...usages, "");
  print(...describeApi(words.join("/")));
}

/** All commands a line each, or, of those whose path begins with `path`, the keys as well. Errors: `usage`. */
function describeApi(path: string): string[] {
  if (path === "") return ["The API:", "", ...COMMANDS.map(line)];
  const chosen = COMMANDS.filter((command) => command.path === path || command.path.startsWith(`${path}/`));
  if (chosen.length === 0) throw usage(`there is no command ${path}`);
  return chosen.flatMap((command) => [line(command), ...(command.keys ?? []).flatMap(keyLines)]);
}

function line({ path, summary, effect }: CommandRow): string {
  return `  ${effect === "reads" ? "GET " : "POST"} ${path.padEnd(32)} ${summary}`;
}

function keyLines(key: Key): string[] {
  const need = key.required ? ", required" : "";
  return [
    `         ${key.pattern.padEnd(32)} ${helpOf(key)}${need}`,
    `         ${"".padEnd(32)}   takes ${key.takes}`,
  ];
}
