/**
 * The drives that somebody does something with on this host, each in one state (drawn in `drive-state.ts`). A drive that
 * is not in the table is free and closed: that is how nearly all of them are.
 */
import { ReadWriteLock } from "../../base/read-write-lock.ts";
import {
  CLOSED,
  type DriveEvent,
  type DriveState,
  ensureAllowed,
  transition,
  writesOf,
} from "./drive-state.ts";

type Row<E> = { state: DriveState<E>; readonly lock: ReadWriteLock; readonly whenWritten: Set<() => void> };

/** The table. A drive has a lock besides its state: whoever opens its file elsewhere, or replaces it, is alone with it. */
export class DriveTable<E> {
  readonly #rows = new Map<string, Row<E>>();

  state(uuid: string): DriveState<E> {
    return this.#rows.get(uuid)?.state ?? CLOSED;
  }

  /** The drives that are in the table, and how they are. */
  *[Symbol.iterator](): IterableIterator<readonly [uuid: string, state: DriveState<E>]> {
    for (const [uuid, { state }] of [...this.#rows]) yield [uuid, state];
  }

  /** What the storage daemon has open of the drive, null when it has nothing. */
  exported(uuid: string): E | null {
    const state = this.state(uuid);
    return state.is === "attached" ? null : state.exported;
  }

  /** Errors: as of the function. */
  ensureAllowed(uuid: string, event: DriveEvent<E>): void {
    ensureAllowed(uuid, this.state(uuid), event);
  }

  /** Takes the drive to the state that follows. Errors: as of `transition`; then it is as it was. */
  apply(uuid: string, event: DriveEvent<E>): void {
    const row = this.#row(uuid);
    try {
      row.state = transition(uuid, row.state, event);
    } finally {
      if (writesOf(row.state) === 0) for (const resolve of row.whenWritten) resolve();
      this.#forgetIfIdle(uuid, row);
    }
  }

  /** Gives back all that the server has, and answers which drives are free by that. */
  detach(server: string): string[] {
    const freed: string[] = [];
    for (const [uuid, { is: before }] of this) {
      this.apply(uuid, { do: "detach", server });
      if (before !== "free" && this.state(uuid).is === "free") freed.push(uuid);
    }
    return freed;
  }

  /** Settles once no write of the API is under way. Errors: the signal's. */
  async written(uuid: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const row = this.#rows.get(uuid);
    if (row === undefined || writesOf(row.state) === 0) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onAbort = () => reject(signal.reason);
    row.whenWritten.add(resolve);
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      await promise;
    } finally {
      signal.removeEventListener("abort", onAbort);
      row.whenWritten.delete(resolve);
    }
  }

  /** Does `work` beside others, once whoever is alone with the drive is done. */
  share<T>(uuid: string, work: () => Promise<T>): Promise<T> {
    return this.#locked(uuid, (lock) => lock.share(work));
  }

  /** Does `work` alone with the drive, once everyone who came before is done. */
  alone<T>(uuid: string, work: () => Promise<T>): Promise<T> {
    return this.#locked(uuid, (lock) => lock.alone(work));
  }

  async #locked<T>(uuid: string, take: (lock: ReadWriteLock) => Promise<T>): Promise<T> {
    const row = this.#row(uuid);
    try {
      return await take(row.lock);
    } finally {
      this.#forgetIfIdle(uuid, row);
    }
  }

  #row(uuid: string): Row<E> {
    const known = this.#rows.get(uuid);
    if (known !== undefined) return known;
    const row: Row<E> = { state: CLOSED, lock: new ReadWriteLock(), whenWritten: new Set() };
    this.#rows.set(uuid, row);
    return row;
  }

  #forgetIfIdle(uuid: string, { state, lock }: Row<E>): void {
    if (state.is !== "free" || state.exported !== null || state.writes + state.copies > 0) return;
    if (!lock.isUsed) this.#rows.delete(uuid);
  }
}
