/** Takes a cloud down: every server ends, and nothing of it is left outside its home. */
import { openCloud } from "../../cloud.ts";
import { defaultHome, openHome } from "../../home.ts";

/**
 * Does what a power cut does to the servers: persistent ones are stopped, others go. Tells `report` of each. Errors:
 * `busy` when the daemon runs.
 */
export async function takeDown(dir: string | undefined, report: (line: string) => void): Promise<void> {
  const home = openHome(dir ?? defaultHome(process.env, process.getuid?.() === 0));
  const troubles: unknown[] = [];
  const { host, lifecycle, close } = await openCloud(home, { subnet: undefined, imagings: 0 }, (error) =>
    troubles.push(error),
  );
  for (const { uuid, state } of await host.servers.list()) {
    if (state === "ended") continue;
    await lifecycle.stop(uuid);
    report(`server ${uuid} has ended`);
  }
  await close();
  if (troubles.length > 0) {
    throw new AggregateError(troubles, `not all could be removed: ${troubles.join("; ")}`);
  }
  report(`nothing of this cloud is left outside ${home.dir}`);
}
