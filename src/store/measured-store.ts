/** A store of which is known how long its transactions take, and how often it failed. */
import { Histogram, type HistogramFigures } from "../base/histogram.ts";
import { CommitUnknown, StoreFull, StoreUnavailable } from "../base/store-errors.ts";
import type { BuildQuery, QueryParams, Store, TransactionOptions, Tx } from "./store.ts";

/** How long transactions take, in seconds. */
const BOUNDS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What the store could not do: answer, find room on its disk, or say whether a commit was made. */
export const STORE_FAULTS = ["unavailable", "full", "commit_unknown"] as const;
export type StoreFault = (typeof STORE_FAULTS)[number];

export type StoreFigures = {
  /** In seconds, from when a transaction was asked for, its wait for others included. */
  readonly transactions: HistogramFigures;
  /** How often each befell a transaction or a snapshot. */
  readonly faults: Readonly<Record<StoreFault, number>>;
};

export class MeasuredStore implements Store {
  readonly #store: Store;
  readonly #transactions = new Histogram(BOUNDS_S);
  readonly #faults: Record<StoreFault, number> = { unavailable: 0, full: 0, commit_unknown: 0 };

  constructor(store: Store) {
    this.#store = store;
  }

  get figures(): StoreFigures {
    return { transactions: this.#transactions.figures, faults: { ...this.#faults } };
  }

  async transaction<T>(work: (tx: Tx) => Promise<T>, options?: TransactionOptions): Promise<T> {
    const startMs = performance.now();
    try {
      return await this.#store.transaction(work, options);
    } catch (error) {
      throw this.#counted(error);
    } finally {
      this.#transactions.observe((performance.now() - startMs) / 1000);
    }
  }

  snapshot<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#store.snapshot(work).catch((error: unknown) => {
      throw this.#counted(error);
    });
  }

  /** Not measured: it is on the path of every request, and a fault of it is an error that its caller is told. */
  query<Params extends QueryParams, Row>(build: BuildQuery<Params, Row>) {
    return this.#store.query(build);
  }

  ring(topic: string): void {
    this.#store.ring(topic);
  }

  listen(topic: string, listener: () => void): () => void {
    return this.#store.listen(topic, listener);
  }

  lock(name: string): ReturnType<Store["lock"]> {
    return this.#store.lock(name);
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  #counted(error: unknown): unknown {
    const fault = faultOf(error);
    if (fault !== null) this.#faults[fault]++;
    return error;
  }
}

function faultOf(error: unknown): StoreFault | null {
  if (error instanceof StoreUnavailable) return "unavailable";
  if (error instanceof StoreFull) return "full";
  return error instanceof CommitUnknown ? "commit_unknown" : null;
}
