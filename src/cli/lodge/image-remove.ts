/** `lodge image remove`. */
import { usage } from "../../base/errors.ts";
import { parseUuid } from "../../base/ids.ts";
import { removeImage } from "../../images/remove.ts";
import { withImageStore } from "./image-store.ts";
import { only, parseHome, print } from "./subcommand.ts";

/** Errors: `usage`, `missing`, `busy`. */
export async function run(args: readonly string[]): Promise<void> {
  const { home, positionals } = parseHome(args);
  const word = only(positionals, "image remove takes one UUID");
  const uuid = parseUuid(word);
  if (uuid === null) throw usage(`image remove takes a UUID, not "${word}"`);
  await withImageStore(home, async (images) => print(`removed ${uuid} ${await removeImage(images, uuid)}`));
}
