/** `lodge sample-image`: a small guest that boots everywhere, to try a cloud with. */
import { buildSampleImage } from "../../../systems/sample/build.ts";
import { only, parse, print } from "./subcommand.ts";

/** Errors: `usage`; the recipe's own. */
export async function run(args: readonly string[]): Promise<void> {
  await buildSampleImage(only(parse(args, {}).positionals, "sample-image takes one FILE to write"), print);
}
