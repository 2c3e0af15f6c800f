/** What a cloud's network leaves on the machine: all of it is found by its name alone. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { identify } from "../process/process.ts";
import { ProgramMissing } from "../process/programs.ts";
import type { Trace } from "../trace.ts";
import { endDhcp, findDhcp } from "./dhcp.ts";
import { hasLink } from "./machine.ts";
import { inhabitants, isAlive, NAMESPACES, removeNamespace } from "./namespace.ts";
import { deadProbes, removeDeadProbes } from "./obstacles.ts";
import { lowerUplink } from "./uplink.ts";
import { closeWorld, hasWorld } from "./world.ts";

/**
 * @param id the cloud's eight hex digits
 * @param runDirectories the folders that may be the cloud's runtime directory
 * @param stateFile as of `GuestNetworkOptions`: where it is not there, the cloud has had no bridges
 */
export function networkTraces(
  id: string,
  runDirectories: readonly string[],
  stateFile: string | null,
): readonly Trace[] {
  const cloud = `lodge-${id}`;
  return [
    ...runDirectories.map((runDir) => dhcp(join(runDir, "network"))),
    world(cloud, stateFile),
    {
      what: "the uplink",
      find: async () => ((await hasLink(cloud)) ? [`the network device ${cloud}`] : []),
      remove: () => lowerUplink(cloud),
    },
    {
      what: "the namespace",
      find: async () => (existsSync(join(NAMESPACES, cloud)) ? [`the network namespace ${cloud}`] : []),
      async remove() {
        const left = await strangers(cloud);
        // Without its name they would go on in it, and nobody would find them.
        if (left.length > 0)
          throw new Error(`in it are, and none of them is the cloud's: ${left.join(", ")}`);
        await removeNamespace(cloud);
      },
    },
    {
      what: "namespaces of starts that were killed",
      find: async () => (await deadProbes()).map((name) => `the network namespace ${name}`),
      remove: removeDeadProbes,
    },
  ];
}

const dhcp = (directory: string): Trace => ({
  what: "the DHCP server",
  async find() {
    const server = await findDhcp(directory);
    return server === null ? [] : [`the DHCP server (process ${server.pid})`];
  },
  remove: () => endDhcp(directory),
});

/** Only root has one, and only root is told. */
function world(cloud: string, stateFile: string | null): Trace {
  const isRoot = process.getuid?.() === 0;
  return {
    what: "the NAT table",
    async find() {
      if (!isRoot) return [];
      try {
        return (await hasWorld(cloud)) ? [`the nftables table ip ${cloud}`] : [];
      } catch (error) {
        const hadBridges = stateFile === null || existsSync(stateFile);
        if (error instanceof ProgramMissing && !hadBridges) return [];
        throw error;
      }
    },
    remove: () => closeWorld(cloud),
  };
}

/** The processes in the namespace, in words. All of the cloud's own have ended by then. */
async function strangers(cloud: string): Promise<string[]> {
  if (!(await isAlive(cloud))) return [];
  const found = await Promise.all(
    (await inhabitants(cloud)).map(async (pid) => {
      const name = await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "");
      return (await identify(pid)) === null ? [] : [`process ${pid} (${name.trim()})`];
    }),
  );
  return found.flat();
}
