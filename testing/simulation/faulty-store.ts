/**
 * A daemon's store, in virtual time: each transaction waits for its turn, and so does its answer. Databases
 * are away, disks are full, and the answer to a commit is lost.
 */
import { CommitUnknown, StoreFull, StoreUnavailable } from "../../src/base/store-errors.ts";
import type { Store, TransactionOptions, Tx } from "../../src/store/store.ts";
import { overriding } from "../overriding.ts";
import type { Conditions } from "./faults.ts";
import type { Process } from "./process.ts";
import type { Scheduler } from "./scheduler.ts";

export type FaultyStoreOptions = Conditions & {
  readonly scheduler: Scheduler;
  readonly client: Process;
  /** Whether a commit's answer can be lost on its way, as from a database on another machine. */
  readonly isRemote: boolean;
  /** Kills the daemon. */
  readonly kill: () => void;
  /** Called at each ring. */
  readonly onRing: (topic: string) => void;
  /** Called after each commit. */
  readonly onCommit: () => void;
};

export function faultyStore(store: Store, options: FaultyStoreOptions): Store {
  const { scheduler, random, faults, client, isRemote, kill, onRing, onCommit } = options;
  const latencyMs = () => random.chance() ** 3 * (random.happens(0.01) ? 1_000 : 8);

  async function transaction<T>(work: (tx: Tx) => Promise<T>, given: TransactionOptions = {}): Promise<T> {
    await scheduler.wait("begins a transaction", latencyMs(), client);
    const isAway = isRemote && random.happens(faults.store);
    if (isAway) throw new StoreUnavailable("lost", "the database is away");
    const isFull = faults.disk === "full" || (faults.disk === "short" && given.grows === true);
    const result = await store.transaction(
      async (tx) => {
        const done = await work(tx);
        if (isFull) throw new StoreFull();
        return done;
      },
      // What the log holds is none of a simulation's business.
      { ...given, erases: false },
    );
    onCommit();
    // Most of them are looks, which nothing hangs on.
    if (random.happens(faults.deaths / 8)) kill();
    const isUnknown = isRemote && random.happens(faults.store);
    await scheduler.wait("has committed", latencyMs(), client);
    if (isUnknown) throw new CommitUnknown({ cause: new Error("the connection was lost") });
    return result;
  }

  return overriding(store, { transaction, ring: onRing });
}
