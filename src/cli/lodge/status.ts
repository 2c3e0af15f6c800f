/** `lodge status`: what an operator needs to know of a cloud that runs. */
import { openHome } from "../../home.ts";
import { askDaemon } from "../../operator/client.ts";
import type { CloudStatus } from "../../operator/status.ts";
import { isWell, renderStatus } from "./status-lines.ts";
import { parseHome, print } from "./subcommand.ts";

/** Exits with 1 when something is not well. Errors: `usage`; `missing` when the daemon does not run. */
export async function run(args: readonly string[]): Promise<void> {
  const home = openHome(parseHome(args).home);
  const status = (await askDaemon(home, "/status")) as CloudStatus;
  print(...renderStatus(status, Date.now()));
  if (!isWell(status)) process.exitCode = 1;
}
