/** `lodge`: administration of a cloud on the machine where its home is. */
import { LodgeError, usage } from "../../base/errors.ts";
import { asksForHelp } from "../../base/help-flag.ts";
import { setUmask } from "../../base/umask.ts";
import { outliveOutputs } from "../terminal/outputs.ts";
import { print } from "./subcommand.ts";
import { overview, SUBCOMMANDS, usageOf } from "./subcommands.ts";

async function main(args: readonly string[]): Promise<void> {
  const line = args.join(" ");
  const subcommand = SUBCOMMANDS.find(({ words }) => line === words || line.startsWith(`${words} `));
  if (asksForHelp(args)) {
    const known = usageOf(subcommand?.words ?? wordsBeforeFlags(args));
    if (known.length > 0) return print(...known);
  }
  if (subcommand === undefined) {
    print(...overview());
    if (args.length > 0) throw usage(`lodge ${line}: there is no such command`);
    return;
  }
  await subcommand.run(args.slice(subcommand.words.split(" ").length));
}

function wordsBeforeFlags(args: readonly string[]): string {
  const flag = args.findIndex((word) => word.startsWith("-"));
  return args.slice(0, flag).join(" ");
}

const say = (line: string) => process.stderr.write(`lodge: ${line}\n`);

outliveOutputs("result", ({ message }) => say(message));

setUmask();
main(process.argv.slice(2)).catch((error) => {
  const expected = error instanceof LodgeError;
  say(expected || process.env.LODGE_DEBUG === undefined ? error.message : error.stack);
  process.exitCode = expected && error.type === "usage" ? 2 : 1;
});
