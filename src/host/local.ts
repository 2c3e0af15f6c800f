/**
 * This machine as a host: its drives, its servers and their network put together. Opening it takes over whatever an
 * earlier daemon left running.
 */
import { mkdir, rm } from "node:fs/promises";
import { availableParallelism, totalmem } from "node:os";
import { join } from "node:path";
import type { HeldBy } from "./attachment.ts";
import type { DriveImage, Host, HostFacts } from "./host.ts";
import { openGuestNetwork } from "./network/open.ts";
import { type Acceleration, findAccelerator } from "./qemu/accelerator.ts";
import { openServerHost } from "./qemu/server-host.ts";
import { coreMhz } from "./quota/core-mhz.ts";
import { openCpuQuota } from "./quota/cpu-quota.ts";
import { openDriveHost } from "./volumes/drive-host.ts";

const QEMU = "qemu-system-x86_64";
const MIB = 2 ** 20;

export type LocalHostOptions = {
  /** The home's folder, its eight hex digits, the uid for QEMU (null: our own) and the folder for sockets. */
  readonly home: string;
  readonly id: string;
  readonly uid: number | null;
  readonly runDir: string;
  /** The guests' subnet, undefined to choose one. */
  readonly subnet: string | undefined;
  /** How many imagings go on at once. */
  readonly imagings: number;
  /** A drive as it is now, null when there is none: for drives that servers use since an earlier run. */
  findDrive(uuid: string): Promise<DriveImage | null>;
  /** Told what went wrong in the background, where it is tried again. */
  onTrouble(error: unknown): void;
};

export type LocalHost = Host & {
  /** How guests run here, and why. */
  readonly acceleration: Acceleration;
};

/** Opens this machine. Errors: what a part of it lacks, in a sentence. */
export async function openLocalHost(options: LocalHostOptions): Promise<LocalHost> {
  const { home, id, uid, runDir, onTrouble } = options;
  await mkdir(runDir, { recursive: true, mode: 0o711 });
  const [acceleration, megahertz, network] = await Promise.all([
    findAccelerator({ program: QEMU, uid, cacheFile: join(home, "accelerator.json") }),
    coreMhz(),
    openGuestNetwork({
      id,
      kind: "auto",
      uid,
      runDirectory: runDir,
      stateFile: join(home, "network.json"),
      subnet: options.subnet ?? null,
      warn: (message, error) => onTrouble(new Error(message, { cause: error })),
    }),
  ]);
  const quota = await openCpuQuota({ group: `lodge-${id}`, coreMhz: megahertz });

  // Drives are read through the servers that hold them, and servers open drives: each needs the other.
  let heldBy: HeldBy = () => null;
  const drives = await openDriveHost({
    home,
    runDir,
    uid,
    heldBy: (uuid) => heldBy(uuid),
    findDrive: options.findDrive,
    onTrouble,
  });
  const { accelerator } = acceleration;
  const parts = {
    home,
    servers: join(runDir, "servers"),
    program: QEMU,
    uid,
    accelerator,
    network,
    drives,
    quota,
  };
  const servers = await openServerHost({ ...parts, onError: onTrouble });
  heldBy = servers.heldBy;
  await network.reconcile(servers.running().map(({ uuid }) => uuid));

  const facts: HostFacts = {
    cores: availableParallelism(),
    coreMhz: megahertz,
    memMib: Math.floor(totalmem() / MIB),
    accelerator,
    network: network.kind,
    cpuQuotas: quota !== null,
    imagings: options.imagings,
    separateUid: uid !== null,
    addresses: network.addresses,
    staticAddresses: network.staticAddresses,
  };

  const host: LocalHost = {
    facts,
    acceleration,
    drives,
    servers,
    async close() {
      const left = host.servers.running().length === 0 ? "none" : "running";
      servers.close();
      await Promise.all([drives.close(), network.close(left), quota?.close()]);
      if (left === "none") await rm(runDir, { recursive: true, force: true });
    },
  };
  return host;
}
