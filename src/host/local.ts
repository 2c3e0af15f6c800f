/**
 * This machine as a host: its drives, its servers and their network put together. Opening it takes over whatever an
 * earlier daemon left running.
 */
import { mkdir, rm } from "node:fs/promises";
import { availableParallelism, totalmem } from "node:os";
import { join } from "node:path";
import { atMostEvery } from "../base/at-most-every.ts";
import { ensureFolder, PASSABLE } from "../base/folder.ts";
import { networkText } from "../base/ipv4.ts";
import { Downloader } from "../download/download.ts";
import { AddressJudge } from "../download/judge.ts";
import { ownNetworks } from "../download/own-networks.ts";
import { ChangeLog } from "./changes.ts";
import { examine } from "./doctor/examine.ts";
import type { HostLog } from "./events-log.ts";
import type { GuestNetwork, NetworkFigures } from "./guest-network.ts";
import type { Changes, Check, Cursor, Host, HostFacts } from "./host.ts";
import { dhcpUid } from "./network/dhcp.ts";
import { type GuestPort, rememberGuestPorts } from "./network/guest-ports.ts";
import { occupiedNetworks } from "./network/machine.ts";
import { openGuestNetwork } from "./network/open.ts";
import { missingPrograms } from "./process/programs.ts";
import { findSandboxer } from "./process/sandbox.ts";
import { type Acceleration, findAccelerator } from "./qemu/accelerator.ts";
import { openServerHost, type QemuServerHost } from "./qemu/server-host.ts";
import { keepOut, openUids, type UidRange } from "./qemu/uids.ts";
import { type Bounds, type DiskBound, openBounds } from "./quota/bounds.ts";
import { coreMhz } from "./quota/core-mhz.ts";
import { type CpuQuota, openCpuQuota } from "./quota/cpu-quota.ts";
import { diskDevice } from "./quota/disk-device.ts";
import { runningServers } from "./traces.ts";
import { type LocalDriveHost, openDriveHost, type VolumeFigures } from "./volumes/drive-host.ts";

const QEMU = "qemu-system-x86_64";
const MIB = 2 ** 20;
/** How long what was found of this machine is told. */
const CHECKED_EVERY_MS = 60_000;

export type LocalHostOptions = {
  /** The home's folder, its eight hex digits, the cloud's own uid (null: ours) and the folder for sockets. */
  readonly home: string;
  readonly id: string;
  readonly uid: number | null;
  readonly runDir: string;
  /** The uids that servers are given, one each; null: all run as this user. */
  readonly serverUids: UidRange | null;
  /** The guests' subnet, undefined to choose one. */
  readonly subnet: string | undefined;
  /** The ports of this machine that guests reach, undefined for what the home remembers. */
  readonly guestPorts?: readonly GuestPort[] | undefined;
  /** Networks that a chosen subnet must not meet, besides those of the machine. */
  readonly avoid: readonly string[];
  /** What each server may read of the drives' disk in a second, and as much that it may write; absent: no bound. */
  readonly guestDiskBytes?: number | undefined;
  /** Addresses and networks that are fetched from though they are not public; absent: none. */
  readonly fetchAllow?: readonly string[];
  readonly log: HostLog;
};

export type LocalHost = Host & {
  /** How guests run here, and why. */
  readonly acceleration: Acceleration;
  /** Why QEMUs have no view of the machine of their own, null where they have. */
  readonly sandboxObstacle: string | null;
  /** How what drives and servers need of it does. */
  readonly figures: { readonly volumes: VolumeFigures; readonly network: NetworkFigures };
  /** Leaves servers running. */
  close(): Promise<void>;
};

/** Opens this machine. Errors: what a part of it lacks, in a sentence; then nothing of it is open. */
export async function openLocalHost(options: LocalHostOptions): Promise<LocalHost> {
  const { home, id, uid, runDir, log, serverUids } = options;
  if (serverUids !== null) keepOut(serverUids, { drives: uid, "the DHCP server": dhcpUid(id) });
  await using opened = new AsyncDisposableStack();
  ensureFolder(runDir, PASSABLE);
  const trouble = (message: string, err: unknown) => log({ level: "warn", message, err });
  for (const { program, debian, lack } of missingPrograms()) {
    const message = `${program} is not installed, so ${lack}: apt-get install ${debian}`;
    log({ level: "warn", message });
  }
  const guestPorts = await rememberGuestPorts(join(home, "guest-ports"), options.guestPorts, trouble);
  const uids = serverUids === null ? null : await openUids(join(runDir, "servers"), serverUids);
  const cacheFile = join(home, "accelerator.json");
  const probed = Promise.all([
    // As a server would; and nobody has the drives' uid but one storage daemon.
    findAccelerator({ program: QEMU, uid: serverUids?.last ?? uid, cacheFile }),
    coreMhz(),
    findSandboxer(),
  ]);
  // Whatever comes of it is heard of below; until then it is no unhandled rejection.
  probed.catch(() => {});
  const network = await openGuestNetwork({
    ...{ id, uid, kind: "auto", runDirectory: runDir, subnet: options.subnet ?? null, avoid: options.avoid },
    ...{ stateFile: join(home, "network.json"), warn: trouble, servers: () => runningServers(runDir) },
    ...(uids === null ? {} : { nextOwners: (count: number) => uids.upcoming(count) }),
    guestPorts,
  });
  opened.defer(async () => network.close((await runningServers(runDir)).length > 0 ? "running" : "none"));
  const [acceleration, megahertz, sandboxer] = await probed;
  const quota = await openCpuQuota({ group: `lodge-${id}`, coreMhz: megahertz });
  opened.defer(() => quota?.close());
  const bounds = await openBounds(`lodge-${id}`, await diskBound(options));
  opened.defer(() => bounds.close());
  const changes = new ChangeLog();
  const onChange = (uuid: string) => changes.note(uuid);
  const onTrouble = (err: unknown) => trouble("drives had trouble, which is tried again", err);
  const drives = await openDriveHost({
    ...{ home, runDir, uid, sandboxer, onChange, onTrouble },
    downloader: new Downloader({ judge: new AddressJudge(options.fetchAllow ?? [], ownNetworks) }),
    // The disk is bounded for servers alone.
    ...{ bounds: await openBounds(`lodge-${id}`), ids: uids?.fromEnd ?? null },
  });
  // Servers that run may go on through its storage daemon, of which it knows only once they are adopted.
  opened.defer(async () => ((await runningServers(runDir)).length > 0 ? undefined : drives.close()));
  const { accelerator } = acceleration;
  const servers = await openServerHost({
    ...{ home, runDir, uids, sandboxer, accelerator, network, quota, bounds, onChange, log },
    ...{ attachments: drives, program: QEMU },
  });
  opened.defer(() => servers.close());
  drives.endLeft();
  await network.reconcile((await servers.list()).map(({ uuid }) => uuid));
  const facts: HostFacts = {
    ...{ accelerator, coreMhz: megahertz, network: network.kind },
    ...{ cores: availableParallelism(), memMib: Math.floor(totalmem() / MIB) },
    ...{ cpuQuotas: quota !== null, separateUid: uid !== null },
    ...{ addresses: network.addresses, staticAddresses: network.staticAddresses },
  };
  opened.move();
  const sandboxObstacle = sandboxer.obstacle;
  return new Local({
    options,
    runDir,
    acceleration,
    sandboxObstacle,
    drives,
    servers,
    network,
    quota,
    bounds,
    changes,
    facts,
  });
}

/** Null where none is asked for, or the disk is none that can be bounded: that is said. */
async function diskBound({ home, guestDiskBytes, log }: LocalHostOptions): Promise<DiskBound | null> {
  if (guestDiskBytes === undefined) return null;
  const drives = join(home, "drives");
  ensureFolder(drives, PASSABLE);
  const device = await diskDevice(drives);
  if (device !== null) return { device, bytesPerSecond: guestDiskBytes };
  log({
    level: "warn",
    message: "what servers read and write is not bounded: their drives are on no disk of their own",
  });
  return null;
}

type Dependencies = {
  readonly options: LocalHostOptions;
  readonly runDir: string;
  readonly acceleration: Acceleration;
  readonly sandboxObstacle: string | null;
  readonly drives: LocalDriveHost;
  readonly servers: QemuServerHost;
  readonly network: GuestNetwork;
  readonly quota: CpuQuota | null;
  readonly bounds: Bounds;
  readonly changes: ChangeLog;
  readonly facts: HostFacts;
};

/** What this machine can do for a cloud, tried as a server would be. */
async function checksOf({ home, id, uid, runDir, serverUids }: LocalHostOptions): Promise<readonly Check[]> {
  const scratch = join(runDir, "doctor");
  await mkdir(scratch, { recursive: true });
  try {
    const names = { uplink: `lodge-${id}`, group: `lodge-doctor-${id}` };
    return await examine({ home, scratch, ...names, uid: serverUids?.last ?? uid });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

class Local implements LocalHost {
  readonly acceleration: Acceleration;
  readonly sandboxObstacle: string | null;
  readonly drives: LocalDriveHost;
  readonly servers: QemuServerHost;
  readonly checks: () => Promise<readonly Check[]>;
  readonly #dependencies: Dependencies;

  constructor(dependencies: Dependencies) {
    this.acceleration = dependencies.acceleration;
    this.sandboxObstacle = dependencies.sandboxObstacle;
    this.drives = dependencies.drives;
    this.servers = dependencies.servers;
    this.checks = atMostEvery(CHECKED_EVERY_MS, () => checksOf(dependencies.options));
    this.#dependencies = dependencies;
  }

  get figures(): LocalHost["figures"] {
    const { drives, network } = this.#dependencies;
    return { volumes: drives.figures, network: network.figures };
  }

  async facts(): Promise<HostFacts> {
    return this.#dependencies.facts;
  }

  async networks(): Promise<readonly string[]> {
    const { id } = this.#dependencies.options;
    return (await occupiedNetworks(`lodge-${id}`)).map(networkText);
  }

  changes(since: Cursor | null, signal: AbortSignal): Promise<Changes> {
    return this.#dependencies.changes.since(since, signal);
  }

  async close(): Promise<void> {
    const { runDir, drives, servers, network, quota, bounds } = this.#dependencies;
    const instances = await servers.list();
    const isAnyLeft = instances.some(({ state }) => state !== "ended");
    servers.close();
    await Promise.all([drives.close(), network.close(isAnyLeft ? "running" : "none"), quota?.close()]);
    await bounds.close();
    // What has ended is kept until its end is recorded.
    if (instances.length === 0) await rm(runDir, { recursive: true, force: true });
  }
}
