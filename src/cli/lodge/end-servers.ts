/** Ending the servers of a cloud whose daemon does not run, with what its store has to know of it. */
import { LodgeError, sentenceOf } from "../../base/errors.ts";
import { openCloud } from "../../cloud.ts";
import { openHome } from "../../home.ts";
import type { ServerDependencies } from "../../servers/dependencies.ts";
import { stopServer } from "../../servers/lifecycle/end.ts";
import { forgetServer } from "../../servers/unknown.ts";
import { print } from "./subcommand.ts";

/** Ends all servers, and records it, as far as the cloud opens; prints a line for each, and for what stood in the way. */
export async function endByRecord(dir: string): Promise<void> {
  const say = (error: unknown) => print(sentenceOf(error));
  const log = {
    ...{ operation: () => {}, unknown: () => {}, disagreement: () => {}, ended: () => {}, host: () => {} },
    trouble: say,
  };
  try {
    const cloud = await openCloud(openHome(dir), { subnet: undefined, imagings: 0, log });
    try {
      const failures = await endAll(cloud, (uuid) => print(`server ${uuid} has ended`));
      for (const failure of failures) say(failure);
    } finally {
      await cloud.close();
    }
  } catch (error) {
    print(`the cloud does not open, so its next start records what ends now: ${(error as Error).message}`);
  }
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

const because = (what: string, cause: unknown) => new Error(`${what}: ${sentenceOf(cause)}`, { cause });

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
