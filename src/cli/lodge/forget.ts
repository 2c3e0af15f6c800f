/** `lodge forget` ends a server, or removes the file of a drive, that the store does not know. */
import { openHome } from "../../home.ts";
import { askDaemon } from "../../operator/client.ts";
import { parseHome, print } from "./subcommand.ts";
import { uuidIn } from "./unknown-object.ts";

/** Errors: `usage`; `missing`, there is no such thing, or the daemon does not run; the daemon's. */
export async function run(args: readonly string[]): Promise<void> {
  const { home: named, positionals } = parseHome(args);
  const uuid = uuidIn(positionals, "forget");
  const home = openHome(named);
  await askDaemon(home, "/forget", { uuid });
  print(`${uuid} is gone`);
}
