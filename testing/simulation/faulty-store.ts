/**
 * A daemon's way to its store, in virtual time: each transaction waits for its turn, and so does its answer. Databases
 * are away, disks are full, and the answer to a commit is lost.
 */
import { CommitUnknown, StoreFull, StoreUnavailable } from "../../src/base/store-errors.ts";
import type { Store, TransactionOptions, Tx } from "../../src/store/store.ts";
import { overriding } from "../overriding.ts";
import type { Agenda } from "./agenda.ts";
import type { Process } from "./process.ts";
import type { Weather } from "./weather.ts";

export type FaultyStoreOptions = {
  readonly agenda: Agenda;
  readonly weather: Weather;
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
  const { agenda, weather, client, isRemote, kill, onRing, onCommit } = options;
  const latencyMs = () => weather.chance() ** 3 * (weather.happens(0.01) ? 1_000 : 8);

  async function transaction<T>(work: (tx: Tx) => Promise<T>, given: TransactionOptions = {}): Promise<T> {
    await agenda.pass("begins a transaction", latencyMs(), client);
    const isAway = isRemote && weather.happens(weather.storeFaults);
    if (isAway) throw new StoreUnavailable("lost", "the database is away");
    const isFull = weather.disk === "full" || (weather.disk === "short" && given.grows === true);
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
    if (weather.happens(weather.deaths / 8)) kill();
    const isUnknown = isRemote && weather.happens(weather.storeFaults);
    await agenda.pass("has committed", latencyMs(), client);
    if (isUnknown) throw new CommitUnknown({ cause: new Error("the connection was lost") });
    return result;
  }

  return overriding(store, { transaction, ring: onRing });
}
