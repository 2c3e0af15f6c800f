/**
 * What there is of a cloud below its API: the store, this machine as its host, and the worker that brings the two to
 * agree. Starting is recovering: what an earlier daemon left is taken up as what fails later is; none of it keeps the
 * cloud from starting.
 */

import { DEFAULT_TERMS, type Terms } from "./accounts/funds/rule.ts";
import { accountHandler } from "./accounts/lifecycle/handler.ts";
import { AuditedStore } from "./audit/audited-store.ts";
import { AUDIT_DAYS, pruneEvents } from "./audit/records.ts";
import { openBackground } from "./background.ts";
import type { Clock } from "./base/clock.ts";
import { HOUR_MS } from "./base/durations.ts";
import { busy } from "./base/errors.ts";
import { takeLock } from "./base/file-lock.ts";
import { openKeyring } from "./base/keyring.ts";
import { pruneChanges } from "./changes/prune.ts";
import type { DriveDependencies } from "./drives/dependencies.ts";
import { driveHandler } from "./drives/lifecycle/handler.ts";
import { type DriveDisagreement, lookAtDrives } from "./drives/look.ts";
import type { Home } from "./home.ts";
import { type LocalHost, type LocalHostOptions, openLocalHost } from "./host/local.ts";
import { runningServers } from "./host/traces.ts";
import { Hosts, hostNamed, LOCAL_HOST, recordHost } from "./hosts/hosts.ts";
import { takeIdentity } from "./identity-lock.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits/resources.ts";
import { BootClock } from "./metering/boot-clock.ts";
import { pruneUse } from "./metering/prune.ts";
import { Watch } from "./operations/watch.ts";
import { type OperationEvent, Worker } from "./operations/worker.ts";
import { settledMasterKey } from "./rekey.ts";
import { damagedPools, keepHostPool, operatorNetworks } from "./resources/pools.ts";
import type { Sampler } from "./samples/sampler.ts";
import type { ServerDependencies, SettledEnd } from "./servers/dependencies.ts";
import { serverHandler } from "./servers/lifecycle/handler.ts";
import { lookAtServers, type UnknownServer } from "./servers/lifecycle/look.ts";
import { allocatedToServers } from "./servers/need.ts";
import { HeldLock } from "./store/held-lock.ts";
import { MeasuredStore } from "./store/measured-store.ts";
import { openStore } from "./store/open.ts";
import type { Store } from "./store/store.ts";
import type { Deliverer } from "./webhooks/deliverer.ts";

/** The lock of the one daemon that works with a store. */
const ONE_DAEMON = "lodge";
/** How many uids behind the cloud's own are for servers: more than a host has addresses. */
const SERVER_UIDS = 4096;
/** How often it is checked that counters and sums agree. */
const CHECK_MS = HOUR_MS;

type HostEvent = Parameters<LocalHostOptions["log"]>[0];

export type CloudLog = {
  /** A lifecycle event of an operation. */
  operation(event: OperationEvent): void;
  /** A server that runs as the store does not know it; it is kept. */
  unknown(server: UnknownServer): void;
  /** A drive's file that the store does not know and that is kept, or a drive whose file is not there. */
  disagreement(drive: DriveDisagreement): void;
  /** What went wrong in the background, where it is tried again. */
  trouble(error: unknown): void;
  /** A server that has ended though nobody asked for it; that is settled. */
  ended(end: SettledEnd): void;
  /** What the host of that name tells of the servers on it. */
  host(name: string, event: HostEvent): void;
};

export type CloudOptions = Pick<LocalHostOptions, "subnet" | "guestPorts"> & {
  /** How many imagings go on at once. */
  readonly imagings: number;
  /** Whether drives are filled from URLs, and what is fetched from though it is not public; absent or null: they are not. */
  readonly fetch?: { readonly allow: readonly string[] } | null;
  /** What each server may read of the host's disk in a second, and as much that it may write; absent: no bound. */
  readonly guestDiskBytes?: number | undefined;
  /** How many objects one account may have. */
  readonly limits?: Limits;
  /** What use is counted by; absent: the machine's own, whose wall clock may jump. */
  readonly clock?: Clock;
  /** For how many days the audit trail is kept. */
  readonly auditDays?: number;
  /** The uids that servers are given, where Lodge runs as root; undefined: those behind the cloud's own. */
  readonly serverUids?: LocalHostOptions["serverUids"] | undefined;
  /** Where the state is, undefined for what the home remembers. */
  readonly database?: string | undefined;
  /** What follows when funds of accounts end. */
  readonly terms?: Terms;
  readonly log: CloudLog;
};

/** What the nouns' commands work with. */
export type CloudDependencies = DriveDependencies & ServerDependencies;

export type Cloud = CloudDependencies & {
  /** Sends hooks what they are told. */
  readonly deliverer: Deliverer;
  /** What servers used, step by step. */
  readonly samples: Sampler;
  readonly host: LocalHost;
  /** The same store, of which is known how it does. */
  readonly measured: MeasuredStore;
  /** Settles with the reason when another daemon has taken this one's place: then this one must end. */
  readonly replaced: Promise<Error>;
  /** Leaves servers running. */
  close(): Promise<void>;
};

/**
 * Opens the cloud of a home, for one process at a time.
 *
 * Errors: `busy` when another process has it open; what the store or this machine lack.
 */
export async function openCloud(home: Home, options: CloudOptions): Promise<Cloud> {
  const { store: measured, lock, leave } = await openLockedStore(home, options.database);
  const store = new AuditedStore(measured);
  const keyring = await settledMasterKey(home, store)
    .then(openKeyring)
    .catch(async (error) => {
      await leave();
      throw error;
    });
  const { log, imagings, limits = DEFAULT_LIMITS, subnet, guestPorts, guestDiskBytes } = options;
  const { dir, id, uid, runDir } = home;
  const host = await openHost().catch(async (error) => {
    await leave();
    throw error;
  });
  const hosts = new Hosts(new Map([[LOCAL_HOST, host]]));
  const onTrouble = log.trouble;
  const { clock, closeClock } = await clockOf(options, store).catch(async (error) => {
    await host.close();
    await leave();
    throw error;
  });
  const worker = new Worker({ store, alone: true, log: log.operation, onTrouble });
  const dependencies = {
    ...{ store, hosts, worker, keyring, imagings, limits, clock, fetches: (options.fetch ?? null) !== null },
    ...{ onTrouble, onEnded: log.ended },
  };
  const watch = new Watch({
    ...{ name: LOCAL_HOST, host, onTrouble },
    looks: [
      lookAtServers({ ...dependencies, onUnknown: log.unknown }),
      lookAtDrives({ ...dependencies, onDisagreement: log.disagreement }),
    ],
  });
  const background = openBackground({ ...dependencies, terms: options.terms ?? DEFAULT_TERMS });
  const prune = () => pruneOld(store, clock, options.auditDays ?? AUDIT_DAYS).catch(onTrouble);
  const check = setInterval(() => {
    void checkRecords(store, onTrouble);
    void prune();
  }, CHECK_MS).unref();
  const close = async () => {
    clearInterval(check);
    try {
      await background.close();
      await watch.close();
      await worker.close();
      await host.close();
      await closeClock();
    } finally {
      await leave();
    }
  };
  worker.handle("drive", driveHandler(dependencies));
  worker.handle("server", serverHandler(dependencies));
  worker.handle("account", accountHandler(dependencies));
  try {
    await recordHost(store, LOCAL_HOST, await host.facts(), await host.drives.space(), id);
    await keepHostPool(store, LOCAL_HOST, await host.facts()).catch((error: unknown) => {
      if (subnet !== undefined) throw error;
      // Servers run in a subnet that an operator's pool has come to meet: they go on, and nobody is given of it.
      onTrouble(error);
    });
    await tellDamagedPools(store, onTrouble);
    await watch.start();
    await worker.start();
    background.start();
    void prune();
  } catch (error) {
    await close();
    throw error;
  }
  const { deliverer, samples } = background;
  return { ...dependencies, deliverer, samples, host, measured, replaced: lock.taken, close };

  async function openHost(): Promise<LocalHost> {
    const avoid = await operatorNetworks(store);
    // Behind the cloud's own, unless the operator names others.
    const behind = { first: (uid ?? 0) + 1, last: (uid ?? 0) + SERVER_UIDS };
    const serverUids = uid === null ? null : (options.serverUids ?? behind);
    return openLocalHost({
      ...{ home: dir, id, uid, runDir, serverUids, subnet, guestPorts, avoid, guestDiskBytes },
      fetchAllow: options.fetch?.allow ?? [],
      log: (event) => log.host(LOCAL_HOST, event),
    });
  }
}

/** Takes out of the store what is kept for a while alone. Errors: the store's. */
async function pruneOld(store: Store, clock: Clock, auditDays: number): Promise<void> {
  await pruneEvents(store, auditDays);
  await pruneChanges(store);
  await pruneUse(store, clock);
}

/** What use is counted by, and how it is closed. */
async function clockOf({ clock, log }: CloudOptions, store: Store) {
  if (clock !== undefined) return { clock, closeClock: async () => {} };
  const opened = await BootClock.open(store, { onTrouble: log.trouble });
  return { clock: opened, closeClock: () => opened.close() };
}

/** A store that this process alone works with, and how both it and the home are given back. */
type LockedStore = { readonly store: MeasuredStore; readonly lock: HeldLock; leave(): Promise<void> };

/**
 * Opens the store of the home, for one daemon a home and one a store: what a home has outside of its store (processes,
 * a network) is one daemon's too, whatever databases two of them were given.
 *
 * Errors: `busy` when another daemon works with either.
 */
async function openLockedStore(home: Home, database: string | undefined): Promise<LockedStore> {
  const unlockHome = takeLock(home.file("daemon.lock"));
  if (unlockHome === null) throw busy(`Lodge is running with the home ${home.dir} already: stop it first`);
  try {
    const leaveIdentity = await takeIdentity({
      ...{ dir: home.dir, runDir: home.runDir },
      runsServers: async () => (await runningServers(home.runDir)).length > 0,
    });
    return await openStoreOf(home, database, () => {
      leaveIdentity();
      unlockHome();
    });
  } catch (error) {
    unlockHome();
    throw error;
  }
}

/** The same, of a home that this process alone works with. Errors: then `unlockHome` was called. */
async function openStoreOf(
  home: Home,
  database: string | undefined,
  unlockHome: () => void,
): Promise<LockedStore> {
  try {
    const store = new MeasuredStore(await openStore(home, database));
    try {
      const lock = await HeldLock.take(store, ONE_DAEMON);
      if (lock === null) throw busy("Lodge is running with the same database already, from another home");
      const leave = async () => {
        await lock.release();
        await store.close();
        unlockHome();
      };
      return { store, lock, leave };
    } catch (error) {
      await store.close();
      throw error;
    }
  } catch (error) {
    unlockHome();
    throw error;
  }
}

/**
 * Says what of the store's records is not as it should be: pools that are damaged, and where what is allocated on the host
 * is not what its servers were given, which is a defect that placement suffers from.
 */
async function checkRecords(store: Store, onTrouble: CloudLog["trouble"]): Promise<void> {
  try {
    await tellDamagedPools(store, onTrouble);
    await checkCounters(store, onTrouble);
  } catch (error) {
    onTrouble(error);
  }
}

async function tellDamagedPools(store: Store, onTrouble: CloudLog["trouble"]): Promise<void> {
  for (const damaged of await damagedPools(store)) onTrouble(damaged);
}

async function checkCounters(store: Store, onTrouble: CloudLog["trouble"]): Promise<void> {
  await store.transaction(async (tx) => {
    const { allocatedMemMib, allocatedMhz } = await hostNamed(tx, LOCAL_HOST);
    const { memMib, mhz } = await allocatedToServers(tx, LOCAL_HOST);
    if (memMib === allocatedMemMib && mhz === allocatedMhz) return;
    const [counted, summed] = [`${allocatedMemMib} MiB, ${allocatedMhz} MHz`, `${memMib} MiB, ${mhz} MHz`];
    onTrouble(new Error(`host ${LOCAL_HOST} counts ${counted} as allocated, and its servers have ${summed}`));
  });
}
