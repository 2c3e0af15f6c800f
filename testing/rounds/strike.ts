/** What is killed in a round, by SIGKILL and in the middle of whatever goes on. */
import { join } from "node:path";
import { findDhcp } from "../../src/host/network/dhcp.ts";
import { findStorageDaemons } from "../../src/host/volumes/storage-daemons.ts";
import type { Cloud } from "../cloud.ts";
import type { Faults } from "./answers.ts";
import { guestProcesses } from "./guest.ts";
import type { Records } from "./records.ts";

export const KINDS = ["daemon", "storage", "qemu", "dnsmasq", "all"] as const;

export type Kind = (typeof KINDS)[number];

export type Target = {
  readonly cloud: Cloud;
  readonly runDir: string;
  readonly records: Records;
  readonly faults: Faults;
  readonly chance: () => number;
};

/** Kills what the kind says; answers whether the daemon is to be started again. */
export async function strike(kind: Kind, target: Target): Promise<boolean> {
  switch (kind) {
    case "daemon":
      await killDaemon(target);
      return true;
    case "storage":
      await killStorageDaemons(target);
      return false;
    case "qemu":
      await killGuests(target, 1);
      return false;
    case "dnsmasq":
      await killDhcp(target);
      return false;
    case "all":
      await killDaemon(target);
      await Promise.all([
        killStorageDaemons(target),
        killGuests(target, Number.POSITIVE_INFINITY),
        killDhcp(target),
      ]);
      return true;
  }
}

async function killDaemon({ cloud, faults }: Target): Promise<void> {
  faults.daemons++;
  faults.isDown = true;
  await cloud.kill();
}

async function killStorageDaemons({ runDir }: Target): Promise<void> {
  for (const { pid } of await findStorageDaemons(runDir)) kill(pid);
}

async function killDhcp({ runDir }: Target): Promise<void> {
  const server = await findDhcp(join(runDir, "network"));
  if (server !== null) kill(server.pid);
}

/** Kills so many of the QEMUs that run or are being launched. */
async function killGuests({ runDir, records, chance }: Target, most: number): Promise<void> {
  const running = [...(await guestProcesses(runDir))];
  for (let left = Math.min(most, running.length); left > 0; left--) {
    const [[uuid, pid] = ["", 0]] = running.splice(Math.floor(chance() * running.length), 1);
    records.noteKilled(uuid);
    kill(pid);
  }
}

/** It may have ended by itself. */
function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
