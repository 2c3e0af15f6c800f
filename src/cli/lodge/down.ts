/** `lodge down` takes a cloud down: every server ends, and nothing of it is left outside its home. */
import { LodgeError } from "../../base/errors.ts";
import { type Cloud, openCloud } from "../../cloud.ts";
import { openHome } from "../../home.ts";
import { stopServer } from "../../servers/lifecycle/end.ts";
import { forgetServer } from "../../servers/unknown.ts";
import { parseHome, print } from "./subcommand.ts";

/**
 * Does what a power cut does to the servers: persistent ones are stopped, others go. Prints a line for each. Errors:
 * `usage`; `busy` when the daemon runs.
 */
export async function run(args: readonly string[]): Promise<void> {
  const home = openHome(parseHome(args).home);
  const troubles: unknown[] = [];
  const log = {
    operation: () => {},
    unknown: () => {},
    stray: () => {},
    trouble: (error: unknown) => troubles.push(error),
    host: () => {},
  };
  const cloud = await openCloud(home, { subnet: undefined, imagings: 0, log });
  for (const [name, { servers }] of cloud.hosts) {
    for (const { uuid, state } of await servers.list()) {
      if (state === "ended") continue;
      await endServer(cloud, uuid, name);
      print(`server ${uuid} has ended`);
    }
  }
  await cloud.close();
  if (troubles.length > 0) {
    throw new AggregateError(troubles, `not all could be removed: ${troubles.join("; ")}`);
  }
  print(`nothing of this cloud is left outside ${home.dir}`);
}

/** One that the store does not know ends, too: its host is to be left by all. */
async function endServer(cloud: Cloud, uuid: string, host: string): Promise<void> {
  try {
    await stopServer(cloud, uuid);
    if ((await cloud.hosts.get(host).servers.find(uuid)) === null) return;
  } catch (error) {
    const isUnknown = error instanceof LodgeError && (error.type === "missing" || error.type === "busy");
    if (!isUnknown) throw error;
  }
  await forgetServer(cloud, { uuid, host });
}
