/** The state of a cloud without HTTP: a store and a simulated machine, which a crash can part and a restart join again. */
import type { TestContext } from "node:test";
import { createUser } from "../src/accounts/users.ts";
import type { Clock } from "../src/base/clock.ts";
import type { UserId } from "../src/base/ids.ts";
import type { DriveDisagreement } from "../src/drives/look.ts";
import type { SettledEnd } from "../src/servers/dependencies.ts";
import type { UnknownServer } from "../src/servers/lifecycle/look.ts";
import type { Store } from "../src/store/store.ts";
import { type Before, emptyMachine, type Machine } from "./simulated/machine.ts";
import { type Daemon, type DaemonOptions, openDaemon } from "./state-daemon.ts";
import { chosenEngine, freshStore } from "./stores.ts";
import { withTransactions } from "./transactions.ts";

/** How far the clock goes on at a time, when what failed is waited for. */
const STEP_MS = 120_000;
/** How often; what is not done then never will be. */
const MOST_STEPS = 20;

/** A cloud over its restarts. */
export type Cloud = {
  readonly machine: Machine;
  readonly user: UserId;
  readonly daemon: () => Daemon;
  /** What happens before the next effects; by default nothing. */
  before: Before;
  /** Whether the next daemon fills drives from URLs. */
  fetches: boolean;
  /** Whether no transaction commits any more, as on a full disk. */
  full: boolean;
  /** Asked before each commit whether it is refused; by default none is. */
  refuse: () => boolean;
  /** Leaves the daemon where it stands, as kill -9 does, and starts another. */
  restart(): Promise<void>;
  /** Starts another daemon in the place of one that was killed. */
  start(): Promise<void>;
  /** The daemon's clocks go on. */
  later(ms: number): void;
  /** The daemon's wall clock is set, by so much ahead or back. */
  jump(ms: number): void;
  /** Waits until no operation is left, what failed included, and everything was looked at once more. */
  settled(): Promise<void>;
  /** Errors that nobody waited for. */
  readonly unheard: unknown[];
  /** Servers that were said to run as the store does not know them. */
  readonly unknown: UnknownServer[];
  /** Drives of which store and machine were said not to agree. */
  readonly disagreements: DriveDisagreement[];
  /** Servers that were said to have ended by themselves. */
  readonly ended: SettledEnd[];
};

type CloudSettings = Pick<DaemonOptions, "terms" | "fetches"> & {
  /** The daemon's clocks go on by `later` alone, however long what is done takes. */
  readonly stands?: boolean;
};

/**
 * Makes a cloud with one user; it goes with the test.
 *
 * @param clock what use is counted by, and its machine knows the time by; where there is none, those of this machine
 */
export async function openCloud(
  t: Pick<TestContext, "after">,
  clock?: Clock,
  { stands = false, ...settings }: CloudSettings = {},
): Promise<Cloud> {
  const clocks = clocksOf(stands);
  const openStore = await freshStore(t, chosenEngine());
  const stores: Store[] = [];
  const unheard: unknown[] = [];
  const unknown: UnknownServer[] = [];
  const disagreements: DriveDisagreement[] = [];
  const ended: SettledEnd[] = [];
  let daemon: Daemon | null = null;

  async function start(): Promise<Daemon> {
    const opened = await openStore();
    stores.push(opened);
    return openDaemon({
      ...settings,
      store: fillable(opened, () => cloud.full || cloud.refuse()),
      machine: cloud.machine,
      before: (effect, uuid) => cloud.before(effect, uuid),
      ...{ alone: true, fetches: cloud.fetches },
      ...{ now: clocks.now, monotonic: clocks.monotonic },
      ...(clock === undefined ? {} : { clock }),
      onTrouble: (error) => unheard.push(error),
      onUnknown: (server) => unknown.push(server),
      onDisagreement: (drive) => disagreements.push(drive),
      onEnded: (end) => ended.push(end),
    });
  }

  function living(): Daemon {
    if (daemon === null) throw new Error("the cloud has not started");
    return daemon;
  }

  const cloud: Cloud = {
    ...{
      machine: emptyMachine(undefined, clock && (() => clock.now() * 1000)),
      user: "" as UserId,
      unheard,
      unknown,
      disagreements,
      ended,
    },
    ...{ full: false, fetches: settings.fetches ?? true, refuse: () => false },
    daemon: living,
    before: async () => {},
    async restart() {
      cloud.before = async () => {};
      await living().kill();
      cloud.refuse = () => false;
      await cloud.start();
      await cloud.settled();
    },
    async start() {
      daemon = await start();
    },
    later: clocks.later,
    jump: clocks.jump,
    async settled() {
      for (let step = 0; step < MOST_STEPS; step++) {
        await living().worker.idle();
        await living().look();
        const left = await living().store.transaction((tx) =>
          tx.selectFrom("operations").selectAll().execute(),
        );
        if (left.length === 0) return;
        cloud.later(STEP_MS);
      }
      throw new Error("operations are left that do not come about");
    },
  };
  daemon = await start();
  t.after(async () => {
    await living().close();
    for (const store of stores) await store.close();
  });
  const { uuid } = await createUser(living().store, "ann");
  return Object.assign(cloud, { user: uuid });
}

/** A wall clock and a monotonic one, which go with those of this machine, or stand but for what they are told. */
function clocksOf(stands: boolean) {
  const begin = { wallMs: Date.now(), monotonicMs: performance.now() };
  let passedMs = 0;
  let setMs = 0;
  return {
    now: () => (stands ? begin.wallMs : Date.now()) + passedMs + setMs,
    monotonic: () => (stands ? begin.monotonicMs : performance.now()) + passedMs,
    later(ms: number) {
      passedMs += ms;
    },
    jump(ms: number) {
      setMs += ms;
    },
  };
}

/** A store on a disk that may be full: then nothing is committed. */
function fillable(store: Store, isFull: () => boolean): Store {
  return withTransactions(store, (work, options) =>
    store.transaction(async (tx) => {
      const result = await work(tx);
      if (isFull()) throw new Error("database or disk is full");
      return result;
    }, options),
  );
}
