/**
 * `lodge adopt` takes a server or a drive into the store that is there and that the store does not know; with `--copy` it
 * makes a copied home a cloud of its own.
 */
import { usage } from "../../base/errors.ts";
import { openHome } from "../../home.ts";
import { askDaemon } from "../../operator/client.ts";
import { adoptCopy } from "./adopt-copy.ts";
import { parse, print } from "./subcommand.ts";
import { uuidIn } from "./unknown-object.ts";

/** Errors: `usage`; `missing`, there is no such thing, or the daemon does not run; the daemon's. */
export async function run(args: readonly string[]): Promise<void> {
  const { values, positionals } = parse(args, {
    home: { type: "string" },
    user: { type: "string" },
    copy: { type: "boolean" },
  });
  if (values.copy === true) {
    if (positionals.length > 0 || values.user !== undefined)
      throw usage("--copy takes no words but --home DIR");
    return adoptCopy(values.home);
  }
  const uuid = uuidIn(positionals, "adopt");
  const home = openHome(values.home);
  await askDaemon(home, "/adopt", { uuid, user: values.user ?? null });
  print(`${uuid} is in the store now`);
}
