/** `lodge forget` ends a server, or removes the file of a drive, that the store does not know. */
import { openHome } from "../../home.ts";
import { askDaemon, operatorSocket } from "../../operator/client.ts";
import { parseHome, print } from "./subcommand.ts";
import { uuidIn } from "./unknown-object.ts";

/** Errors: `usage`; `missing`, there is no such thing, or the daemon does not run; the daemon's. */
export async function run(args: readonly string[]): Promise<void> {
  const { home, positionals } = parseHome(args);
  const uuid = uuidIn(positionals, "forget");
  const { runDir } = openHome(home);
  await askDaemon(operatorSocket(runDir), "/forget", { uuid });
  print(`${uuid} is gone`);
}
