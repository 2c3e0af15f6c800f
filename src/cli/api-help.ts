/** The API for people at a terminal, read off the table of commands. */
import type { Declared } from "../api/command.ts";
import { usage } from "../api/errors.ts";
import type { Key } from "../api/key.ts";
import { DRIVE_COMMANDS } from "../drives/commands.ts";
import { SERVER_COMMANDS } from "../servers/commands.ts";

const COMMANDS: readonly Omit<Declared<never>, "run">[] = [...DRIVE_COMMANDS, ...SERVER_COMMANDS];

/** All commands a line each, or, of those whose path begins with `path`, the keys as well. Errors: `usage`. */
export function describeApi(path: string): string[] {
  if (path === "") return ["The API:", "", ...COMMANDS.map(line)];
  const chosen = COMMANDS.filter((command) => command.path === path || command.path.startsWith(`${path}/`));
  if (chosen.length === 0) throw usage(`there is no command ${path}`);
  return chosen.flatMap((command) => [line(command), ...(command.keys ?? []).flatMap(keyLines)]);
}

function line({ path, summary, effect }: (typeof COMMANDS)[number]): string {
  return `  ${effect === "reads" ? "GET " : "POST"} ${path.padEnd(32)} ${summary}`;
}

function keyLines(key: Key): string[] {
  if (key.settable.length === 0) return [];
  const need = key.required ? ", required" : "";
  return [
    `         ${key.pattern.padEnd(32)} ${key.help}${need}`,
    `         ${"".padEnd(32)}   takes ${key.takes}`,
  ];
}
