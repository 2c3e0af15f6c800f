/**
 * Everything that a cloud has on its machine outside of its home, in the order in which it goes. Nothing of the cloud need
 * open for it: processes are found by their command lines, all else by the cloud's id.
 */
import { existsSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { allSettled } from "../base/settled.ts";
import { networkTraces } from "./network/traces.ts";
import { endProcess } from "./process/process.ts";
import { serverProcesses } from "./qemu/find-servers.ts";
import { serversFolder } from "./qemu/run-directory.ts";
import { openBounds } from "./quota/bounds.ts";
import { openCpuQuota } from "./quota/cpu-quota.ts";
import { findHierarchy, type Hierarchy } from "./quota/hierarchy.ts";
import type { Trace } from "./trace.ts";
import { findStorageDaemons } from "./volumes/storage-daemons.ts";

export type TraceOptions = {
  /** The cloud's eight hex digits. */
  readonly id: string;
  /** The folders that may be its runtime directory, as daemons of different environments chose. */
  readonly runDirectories: readonly string[];
  /** The folder of the cloud; null where it is not known. */
  readonly home: string | null;
};

/** How long a storage daemon may take to end by itself. */
const QUIT_MS = 5_000;
/** A process, and what watches over it: that ends with it, unless it was stopped, and is found once it stands alone. */
const LAYERS = 2;

export function tracesOf({ id, runDirectories, home }: TraceOptions): readonly Trace[] {
  return [
    ...runDirectories.flatMap((runDir) => [servers(runDir), storageDaemons(runDir)]),
    ...networkTraces(id, runDirectories, home === null ? null : join(home, "network.json")),
    controlGroup(`lodge-${id}`),
    ...runDirectories.map((runDir) => ({
      what: "the runtime directory",
      find: async () => (existsSync(runDir) ? [runDir] : []),
      remove: () => rm(runDir, { recursive: true }),
    })),
  ];
}

/** The processes of the servers of that runtime directory. */
export async function runningServers(runDir: string): Promise<number[]> {
  const processes = await serverProcesses(serversFolder(runDir), null);
  return [...processes.values()].map(({ pid }) => pid);
}

/** Whether that runtime directory has a server that runs, or one of whose end the store may not know. */
export async function hasRuns(runDir: string): Promise<boolean> {
  const folder = serversFolder(runDir);
  if (existsSync(folder) && (await readdir(folder)).length > 0) return true;
  return (await runningServers(runDir)).length > 0;
}

function servers(runDir: string): Trace {
  const running = () => serverProcesses(serversFolder(runDir), null);
  return {
    what: "servers",
    find: async () => [...(await running()).keys()].map((uuid) => `server ${uuid}`),
    async remove() {
      for (let layer = 0; layer < LAYERS; layer++) {
        await allSettled([...(await running()).values()].map((identity) => endProcess(identity)));
      }
    },
  };
}

function storageDaemons(runDir: string): Trace {
  return {
    what: "the storage daemons",
    find: async () =>
      (await findStorageDaemons(runDir)).map(({ pid }) => `the storage daemon (process ${pid})`),
    async remove() {
      for (let layer = 0; layer < LAYERS; layer++) {
        const running = await findStorageDaemons(runDir);
        await allSettled(running.map((daemon) => endProcess(daemon, "SIGTERM", QUIT_MS)));
      }
    },
  };
}

const CONTROLLERS = ["cpu", "memory", "pids", "io"] as const;

/** In all hierarchies in which a server has one. */
function controlGroup(group: string): Trace {
  return {
    what: "the control group",
    async find() {
      const isThere = (hierarchy: Hierarchy | null) =>
        hierarchy !== null && existsSync(join(hierarchy.root, group));
      const found = CONTROLLERS.map((controller) => findHierarchy("/proc/mounts", controller));
      return (await allSettled(found)).some(isThere) ? [`the control group ${group}`] : [];
    },
    async remove() {
      // No limit is set, so that the machine's speed is of no matter.
      const quota = await openCpuQuota({ group, coreMhz: 1 });
      const bounds = await openBounds(group);
      if (quota === null && !bounds.has("memory") && !bounds.has("pids"))
        throw new Error("it is not ours to change");
      await allSettled(
        ((await quota?.servers()) ?? []).map(async (server) => {
          await quota?.kill(server);
          await quota?.remove(server);
        }),
      );
      await allSettled(
        (await bounds.servers()).map(async (name) => {
          await bounds.kill(name);
          await bounds.remove(name);
        }),
      );
      await quota?.close();
      await bounds.close();
    },
  };
}
