/**
 * A daemon without HTTP, for tests of state: it works on a store and a simulated machine, of which others may be at work
 * too, and can be killed where it stands.
 */
import { DEFAULT_TERMS, type Terms } from "../src/accounts/funds/rule.ts";
import { accountHandler } from "../src/accounts/lifecycle/handler.ts";
import { AuditedStore } from "../src/audit/audited-store.ts";
import { openBackground } from "../src/background.ts";
import type { Clock } from "../src/base/clock.ts";
import { openKeyring } from "../src/base/keyring.ts";
import { driveHandler } from "../src/drives/lifecycle/handler.ts";
import { type DriveDisagreement, lookAtDrives } from "../src/drives/look.ts";
import type { Host } from "../src/host/host.ts";
import { Hosts, LOCAL_HOST, recordHost } from "../src/hosts/hosts.ts";
import { DEFAULT_LIMITS, type Limits } from "../src/limits/resources.ts";
import { Watch } from "../src/operations/watch.ts";
import { type OperationEvent, Worker } from "../src/operations/worker.ts";
import { keepHostPool } from "../src/resources/pools.ts";
import type { SettledEnd } from "../src/servers/dependencies.ts";
import { serverHandler } from "../src/servers/lifecycle/handler.ts";
import { lookAtServers, type UnknownServer } from "../src/servers/lifecycle/look.ts";
import type { Store, TransactionOptions, Tx } from "../src/store/store.ts";
import { type SimulatedHost, simulatedHost } from "./simulated/host.ts";
import type { Before, Machine } from "./simulated/machine.ts";
import { withTransactions } from "./transactions.ts";

const KEYRING = openKeyring(Buffer.alloc(32, 7));
/** How many imagings go on at once. */
const IMAGINGS = 2;

export type DaemonOptions = {
  readonly store: Store;
  readonly machine: Machine;
  /** What happens before each effect of this daemon. */
  readonly before?: Before;
  /** What lies between the daemon and its host, such as a network that loses answers. */
  readonly between?: (host: SimulatedHost) => Host;
  /** Whether no other daemon is at work: what others left is taken up at once. */
  readonly alone: boolean;
  readonly now?: () => number;
  /** Milliseconds of a clock that only goes forward. */
  readonly monotonic?: () => number;
  readonly limits?: Limits;
  /** Whether drives are filled from URLs; by default they are. */
  readonly fetches?: boolean;
  /** By default it follows `now`. */
  readonly clock?: Clock;
  readonly terms?: Terms;
  readonly leaseMs?: number;
  readonly onTrouble: (error: unknown) => void;
  readonly onUnknown?: (server: UnknownServer) => void;
  readonly onDisagreement?: (drive: DriveDisagreement) => void;
  readonly onEnded?: (end: SettledEnd) => void;
  readonly log?: (event: OperationEvent) => void;
};

export type Daemon = Awaited<ReturnType<typeof openDaemon>>;

/** Starts a daemon as `cloud.ts` does. */
export async function openDaemon(options: DaemonOptions) {
  const { machine, before = async () => {}, between = (host) => host, alone, onTrouble } = options;
  const { store: mortalStore, die } = mortal(options.store);
  const store: Store = new AuditedStore(mortalStore);
  let dead = false;
  const simulated = simulatedHost(machine, async (effect, uuid) => {
    await before(effect, uuid);
    // The effects of a daemon that was left where it stood hang for good.
    if (dead) await new Promise(() => {});
  });
  const host = between(simulated);
  const hosts = new Hosts(new Map([[LOCAL_HOST, host]]));
  await recordHost(store, LOCAL_HOST, await host.facts(), await host.drives.space(), "simulated");
  await keepHostPool(store, LOCAL_HOST, await host.facts());
  const worker = new Worker({
    ...{ store, alone, onTrouble, log: options.log ?? (() => {}) },
    ...(options.now === undefined ? {} : { now: options.now }),
    ...(options.leaseMs === undefined ? {} : { leaseMs: options.leaseMs }),
  });
  const dependencies = {
    store,
    hosts,
    worker,
    keyring: KEYRING,
    imagings: IMAGINGS,
    fetches: options.fetches ?? true,
    limits: options.limits ?? DEFAULT_LIMITS,
    clock: options.clock ?? { now: () => Math.floor((options.now ?? Date.now)() / 1000) },
    onTrouble,
    onEnded: options.onEnded ?? (() => {}),
    ...(options.monotonic === undefined ? {} : { monotonic: options.monotonic }),
  };
  worker.handle("drive", driveHandler(dependencies));
  worker.handle("server", serverHandler(dependencies));
  worker.handle("account", accountHandler(dependencies));
  // It does nothing by itself: tests say when it looks.
  const background = openBackground({
    ...{ ...dependencies, terms: options.terms ?? DEFAULT_TERMS },
    ...(options.now === undefined ? {} : { now: options.now }),
  });
  const { charging, invoicing, funds, deliverer, samples } = background;
  const looks = [
    lookAtServers({ ...dependencies, onUnknown: options.onUnknown ?? (() => {}) }),
    lookAtDrives({ ...dependencies, onDisagreement: options.onDisagreement ?? (() => {}) }),
  ];
  const watch = new Watch({ name: LOCAL_HOST, host, looks, onTrouble });
  await watch.start();
  await worker.start();
  return {
    ...{ store, host, hosts, worker, deliverer, funds, invoicing, samples, dependencies },
    /** Charges what is due, as every few seconds. */
    charge: () => charging.round(),
    /** Looks at everything, as once a minute. */
    async look() {
      for (const each of looks) await each(LOCAL_HOST, null);
    },
    /** Leaves the daemon where it stands, as kill -9 does: what has begun by then is committed, and nothing else ever. */
    async kill() {
      dead = true;
      void deliverer.close();
      // Its timers would keep all that it had for as long as the process lives.
      void worker.close();
      simulated.drives.endJobs();
      void watch.close();
      await die();
    },
    async close() {
      await background.close();
      await watch.close();
      await worker.close();
    },
  };
}

/** A store whose daemon can be killed: what has begun by then is committed, what comes later never is. */
function mortal(store: Store): { readonly store: Store; die(): Promise<void> } {
  const begun = new Set<Promise<unknown>>();
  let dead = false;
  function transaction<T>(work: (tx: Tx) => Promise<T>, options?: TransactionOptions): Promise<T> {
    if (dead) return new Promise(() => {});
    const committed = store.transaction(work, options).finally(() => begun.delete(committed));
    begun.add(committed);
    // Who was killed hears nothing of it.
    return committed.finally(() => (dead ? new Promise(() => {}) : undefined));
  }
  return {
    store: withTransactions(store, transaction),
    async die() {
      dead = true;
      await Promise.allSettled(begun);
    },
  };
}
