/** `lodge completion`: what has a shell complete the words of `lodge` and of the tools. */
import { usage } from "../../base/errors.ts";
import { programsOf } from "./completion/programs.ts";
import { SHELLS } from "./completion/shells.ts";
import type { Described } from "./completion/usage.ts";
import { only, parse } from "./subcommand.ts";

/**
 * Prints the script for a shell. It has all words in itself, so that completing starts no other program.
 *
 * @param subcommands of `lodge`
 *
 * Errors: `usage`.
 */
export async function run(args: readonly string[], subcommands: readonly Described[]): Promise<void> {
  const known = `one shell is to be named: ${Object.keys(SHELLS).join(", ")}`;
  const scriptOf = SHELLS[only(parse(args, {}).positionals, known)];
  if (scriptOf === undefined) throw usage(known);
  process.stdout.write(scriptOf(programsOf(subcommands)));
}
