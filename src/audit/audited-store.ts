/** A store in which a transaction that changes something in the name of a command records that command's event, too. */
import type { BuildQuery, QueryParams, Store, TransactionOptions, Tx } from "../store/store.ts";
import { type Change, changeUnderWay, recordChange } from "./event.ts";

export class AuditedStore implements Store {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  transaction<T>(work: (tx: Tx) => Promise<T>, options?: TransactionOptions): Promise<T> {
    const change = changeUnderWay();
    if (change === null || change.isRecorded) return this.#store.transaction(work, options);
    return this.#recording(change, work, options);
  }

  async #recording<T>(
    change: Change,
    work: (tx: Tx) => Promise<T>,
    options?: TransactionOptions,
  ): Promise<T> {
    let isRecorded = false;
    const begun = (tx: Tx): Promise<T> => {
      // It may run again.
      isRecorded = false;
      return work(tx);
    };
    const onChange = async (tx: Tx): Promise<void> => {
      if (change.isRecorded) return;
      await recordChange(tx, change);
      isRecorded = true;
    };
    const result = await this.#store.transaction(begun, { ...options, onChange });
    if (isRecorded) change.isRecorded = true;
    return result;
  }

  snapshot<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#store.snapshot(work);
  }

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
}
