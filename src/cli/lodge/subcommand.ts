/** What a subcommand of `lodge` is, and what all of them do alike. */
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { usage } from "../../base/errors.ts";

export type Subcommand = {
  readonly words: string;
  readonly help: string;
  /** Runs with the arguments that follow its words. */
  run(args: readonly string[]): Promise<void>;
};

export function print(...lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`);
}

/** Reads the arguments of a subcommand. Errors: `usage`. */
export function parse<const Options extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: Options,
) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw usage((error as Error).message);
  }
}
