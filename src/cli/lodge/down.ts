/** `lodge down` takes a cloud down: every server ends, and nothing of it is left outside its home. */
import { LodgeError } from "../../base/errors.ts";
import { openCloud } from "../../cloud.ts";
import { openHome } from "../../home.ts";
import type { ServerDependencies } from "../../servers/dependencies.ts";
import { stopServer } from "../../servers/lifecycle/end.ts";
import { forgetServer } from "../../servers/unknown.ts";
import { parseHome, print } from "./subcommand.ts";

/**
 * Does what a power cut does to the servers: persistent ones are stopped, others go. Prints a line for each; one that
 * cannot be ended keeps no other from its end. Errors: `usage`; `busy` when the daemon runs; all that is left, and why.
 */
export async function run(args: readonly string[]): Promise<void> {
  const home = openHome(parseHome(args).home);
  const troubles: unknown[] = [];
  const log = {
    operation: () => {},
    unknown: () => {},
    disagreement: () => {},
    trouble: (error: unknown) => troubles.push(error),
    ended: () => {},
    host: () => {},
  };
  const cloud = await openCloud(home, { subnet: undefined, imagings: 0, log });
  try {
    troubles.push(...(await endAll(cloud, (uuid) => print(`server ${uuid} has ended`))));
  } finally {
    await cloud.close();
  }
  if (troubles.length > 0) {
    const reasons = troubles.map((each) => (each instanceof Error ? each.message : String(each)));
    throw new AggregateError(troubles, `not all could be removed: ${reasons.join("; ")}`);
  }
  print(`nothing of this cloud is left outside ${home.dir}`);
}

/** Ends all servers that can be ended; answers an error for each that cannot, which names it and says why. */
export async function endAll(
  dependencies: ServerDependencies,
  onEnded: (uuid: string) => void,
): Promise<readonly Error[]> {
  const failures: Error[] = [];
  for (const [host, { servers }] of dependencies.hosts) {
    const instances = await servers.list().catch((error: unknown) => {
      failures.push(because(`the servers of host ${host} are not known`, error));
      return [];
    });
    for (const { uuid, state } of instances) {
      if (state === "ended") continue;
      try {
        await endServer(dependencies, uuid, host);
        onEnded(uuid);
      } catch (error) {
        failures.push(because(`server ${uuid} could not be ended`, error));
      }
    }
  }
  return failures;
}

const because = (what: string, cause: unknown) =>
  new Error(`${what}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });

/** One that the store does not know ends, too: its host is to be left by all. */
async function endServer(dependencies: ServerDependencies, uuid: string, host: string): Promise<void> {
  try {
    await stopServer(dependencies, uuid);
    if ((await dependencies.hosts.get(host).servers.find(uuid)) === null) return;
  } catch (error) {
    const isUnrecorded = error instanceof LodgeError && (error.type === "missing" || error.type === "busy");
    if (!isUnrecorded) throw error;
  }
  await forgetServer(dependencies, { uuid, host });
}
