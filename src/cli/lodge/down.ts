/** `lodge down` takes a cloud down: every server ends, and nothing of it is left outside its home. */
import { openCloud } from "../../cloud.ts";
import { openHome } from "../../home.ts";
import { parseHome, print } from "./subcommand.ts";

/**
 * Does what a power cut does to the servers: persistent ones are stopped, others go. Prints a line for each. Errors:
 * `usage`; `busy` when the daemon runs.
 */
export async function run(args: readonly string[]): Promise<void> {
  const home = openHome(parseHome(args).home);
  const troubles: unknown[] = [];
  const { host, lifecycle, close } = await openCloud(home, { subnet: undefined, imagings: 0 }, (error) =>
    troubles.push(error),
  );
  for (const { uuid, state } of await host.servers.list()) {
    if (state === "ended") continue;
    await lifecycle.stop(uuid);
    print(`server ${uuid} has ended`);
  }
  await close();
  if (troubles.length > 0) {
    throw new AggregateError(troubles, `not all could be removed: ${troubles.join("; ")}`);
  }
  print(`nothing of this cloud is left outside ${home.dir}`);
}
