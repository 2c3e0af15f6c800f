/** `lodge image build`: today's systems as images, each made by a recipe of its own out of its maker's packages. */

import { buildDebian12 } from "../../../systems/debian-12/build.ts";
import { usage } from "../../base/errors.ts";
import { interruption } from "../terminal/interruption.ts";
import { parse, print } from "./subcommand.ts";

/** Makes the image as a file, printing each step; broken off by the signal. */
type Recipe = (file: string, report: (step: string) => void, signal: AbortSignal) => Promise<void>;

const RECIPES: Readonly<Record<string, Recipe>> = { "debian-12": buildDebian12 };

/** Errors: `usage`; the recipe's own. */
export async function run(args: readonly string[]): Promise<void> {
  await buildImage(parse(args, {}).positionals, print, interruption());
}

/** Builds by the words `RECIPE [FILE]`. Errors: `usage`; the recipe's own. */
export async function buildImage(
  words: readonly string[],
  report: (step: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const [name = "", file = `${name}.raw.gz`, ...more] = words;
  const recipe = Object.hasOwn(RECIPES, name) ? RECIPES[name] : undefined;
  if (recipe === undefined || more.length > 0) {
    throw usage(`image build takes ${Object.keys(RECIPES).join(" or ")}, and a FILE to write`);
  }
  await recipe(file, report, signal);
}
