/** What the subcommands of `lodge` do alike: a file each, whose `run` takes the arguments behind the subcommand's words. */
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { usage } from "../../base/errors.ts";

export function print(...lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`);
}

/** Tells whoever is at a terminal of the subcommand that has taken this one's place. */
export function hint(words: string): void {
  if (process.stderr.isTTY)
    process.stderr.write(`lodge: of a cloud that runs, lodge ${words} does this and more\n`);
}

/** A word that begins so is an amount below zero: no flag does. */
const BELOW_ZERO = /^-[\d.]/;

/** Reads the arguments of a subcommand: amounts below zero are the last of its words. Errors: `usage`. */
export function parse<const Options extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: Options,
) {
  const end = args.includes("--") ? args.indexOf("--") : args.length;
  const amounts = args.slice(0, end).filter((word) => BELOW_ZERO.test(word));
  const others = args.slice(0, end).filter((word) => !BELOW_ZERO.test(word));
  try {
    return parseArgs({
      args: [...others, "--", ...amounts, ...args.slice(end + 1)],
      ...{ options, allowPositionals: true },
    });
  } catch (error) {
    throw usage((error as Error).message);
  }
}

/** The arguments of a subcommand that takes flags alone. Errors: `usage`, also for a word: it might be meant to say whose. */
export function parseFlags<const Options extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: Options,
) {
  const { values, positionals } = parse(args, options);
  const [word] = positionals;
  if (word === undefined) return { values };
  throw usage(`this takes flags alone, not ${word}${"user" in options ? ": --user USER says whose" : ""}`);
}

/** The arguments of a subcommand that takes no flag but the home's. Errors: `usage`. */
export function parseHome(args: readonly string[]): { home: string | undefined; positionals: string[] } {
  const { values, positionals } = parse(args, { home: { type: "string" } });
  return { home: values.home, positionals };
}

/** The only word there is. Errors: `usage` with the sentence when there is none, or another. */
export function only([word, ...more]: readonly string[], sentence: string): string {
  if (word === undefined || more.length > 0) throw usage(sentence);
  return word;
}
