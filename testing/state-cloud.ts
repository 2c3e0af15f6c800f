/** The state of a cloud without HTTP: a store and a simulated host, which a crash can part and a restart join again. */
import type { TestContext } from "node:test";
import { createUser } from "../src/accounts/users.ts";
import type { UserId } from "../src/base/ids.ts";
import { KeyedLock } from "../src/base/keyed-lock.ts";
import { type DriveImaging, driveImaging } from "../src/drives/imaging.ts";
import { reconcileDrives } from "../src/drives/lifecycle.ts";
import { openKeyring } from "../src/drives/secret.ts";
import { keepHostPool } from "../src/resources/pools.ts";
import { type ServerLifecycle, serverLifecycle } from "../src/servers/lifecycle.ts";
import type { Store, Tx } from "../src/store/store.ts";
import {
  type Effect,
  emptyMachine,
  type Machine,
  type SimulatedHost,
  simulatedHost,
} from "./simulated-host.ts";
import { chosenEngine, freshStore } from "./stores.ts";

export type Daemon = {
  readonly store: Store;
  readonly host: SimulatedHost;
  readonly lifecycle: ServerLifecycle;
  readonly imaging: DriveImaging;
  readonly parts: {
    store: Store;
    host: SimulatedHost;
    keyring: ReturnType<typeof openKeyring>;
    locks: KeyedLock;
  };
};

/** A cloud over its restarts. */
export type Cloud = {
  readonly machine: Machine;
  readonly user: UserId;
  readonly daemon: () => Daemon;
  /** What happens before the next effects; by default nothing. */
  before: (effect: Effect, uuid: string) => Promise<void>;
  /** Leaves the daemon where it stands, as kill -9 does, and starts another. */
  restart(): Promise<void>;
  /** Errors that nobody was there to be told. */
  readonly unheard: unknown[];
};

const KEYRING = openKeyring(Buffer.alloc(32, 7));

/** Makes a cloud with one user; it goes with the test. */
export async function openCloud(t: Pick<TestContext, "after">): Promise<Cloud> {
  const openStore = await freshStore(t, chosenEngine());
  const machine = emptyMachine();
  const unheard: unknown[] = [];
  const stores: Store[] = [];

  /** Ends the life of the daemon that runs: it comes to no transaction any more. */
  let end = async () => {};

  async function start(): Promise<Daemon> {
    await end();
    const opened = await openStore();
    stores.push(opened);
    const { store, die } = mortal(opened);
    end = die;
    // The effects of a daemon that was left where it stood hang for good: it has no turn any more.
    const generation = stores.length;
    const host = simulatedHost(machine, async (effect, uuid) => {
      if (generation !== stores.length) await new Promise(() => {});
      await cloud.before(effect, uuid);
    });
    const parts = { store, host, keyring: KEYRING, locks: new KeyedLock() };
    const lifecycle = serverLifecycle(parts, (error) => unheard.push(error));
    await lifecycle.reconcile();
    await reconcileDrives(parts);
    await keepHostPool(store, host.facts);
    const imaging = driveImaging(parts, (error) => unheard.push(error));
    await imaging.resume();
    return { store, host, lifecycle, imaging, parts };
  }

  let daemon: Daemon;
  const cloud: Cloud = {
    machine,
    user: "" as UserId,
    daemon: () => daemon,
    before: async () => {},
    unheard,
    async restart() {
      cloud.before = async () => {};
      daemon.lifecycle.close();
      daemon = await start();
    },
  };
  daemon = await start();
  t.after(async () => {
    for (const store of stores) await store.close();
  });
  const { uuid } = await createUser(daemon.store, "ann");
  return Object.assign(cloud, { user: uuid });
}

/** A store whose daemon can be killed: what has begun by then is committed, what comes later never is. */
function mortal(store: Store): { readonly store: Store; die(): Promise<void> } {
  const begun = new Set<Promise<unknown>>();
  let dead = false;
  return {
    store: {
      query: (build) => store.query(build),
      snapshot: (work) => store.snapshot(work),
      ring: (topic) => store.ring(topic),
      listen: (topic, listener) => store.listen(topic, listener),
      lock: (name) => store.lock(name),
      close: () => store.close(),
      transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
        if (dead) return new Promise(() => {});
        const committed = store.transaction(work).finally(() => begun.delete(committed));
        begun.add(committed);
        // Who was killed hears nothing of it.
        return committed.finally(() => (dead ? new Promise(() => {}) : undefined));
      },
    },
    async die() {
      dead = true;
      await Promise.allSettled(begun);
    },
  };
}
