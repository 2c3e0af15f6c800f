/** `lodge adopt` takes a server or a drive into the store that is there and that the store does not know. */
import { openHome } from "../../home.ts";
import { askDaemon } from "../../operator/client.ts";
import { parse, print } from "./subcommand.ts";
import { uuidIn } from "./unknown-object.ts";

/** Errors: `usage`; `missing`, there is no such thing, or the daemon does not run; the daemon's. */
export async function run(args: readonly string[]): Promise<void> {
  const { values, positionals } = parse(args, {
    home: { type: "string" },
    user: { type: "string" },
  });
  const uuid = uuidIn(positionals, "adopt");
  const home = openHome(values.home);
  await askDaemon(home, "/adopt", { uuid, user: values.user ?? null });
  print(`${uuid} is in the store now`);
}
