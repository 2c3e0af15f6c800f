/** An image that this process holds the lease of: what its work does to the row, for as long as no other took it over. */
import { busy } from "../base/errors.ts";
import type { DiskSpace } from "../host/host.ts";
import { allocate, diskOf, recordDisk } from "../hosts/hosts.ts";
import { ensureGrowth } from "../placement/drives.ts";
import type { Store, Tx } from "../store/store.ts";
import { LEASE_MS, type Owner, whileRenewing } from "./lease.ts";
import {
  type Column,
  type Content,
  changeRow,
  columnOf,
  columnText,
  type Description,
  type Row,
  rowOf,
  type Work,
} from "./row.ts";

/** Errors, of each method: `busy` when another process took the image over. */
export class LeasedImage {
  readonly uuid: string;
  readonly #store: Store;
  readonly #owner: Owner;
  readonly #nowMs: () => number;

  constructor(store: Store, uuid: string, owner: Owner, nowMs: () => number) {
    this.uuid = uuid;
    this.#store = store;
    this.#owner = owner;
    this.#nowMs = nowMs;
  }

  /** Does `work` on the image, whose lease is renewed meanwhile; the signal aborts when the lease is lost. */
  whileLeased<T>(work: (signal: AbortSignal) => Promise<T>, renewEveryMs?: number): Promise<T> {
    return whileRenewing(() => this.#renew(), work, renewEveryMs);
  }

  /** Whether it is this process's still: not once it was given back, forgotten or taken over. */
  isHeld(): Promise<boolean> {
    return this.#store.snapshot(async (tx) => this.#isOwn(await rowOf(tx, this.uuid)));
  }

  /** Records what the content comes from, and reserves the room that it takes. Errors: also `full`. */
  reserve(source: string | null, sizeBytes: number, space: DiskSpace): Promise<void> {
    return this.#change(async (tx, column, { host, size_bytes }) => {
      const diskBytes = sizeBytes - size_bytes;
      await recordDisk(tx, host, space);
      ensureGrowth(await diskOf(tx, host), diskBytes);
      await allocate(tx, host, { diskBytes });
      await this.#note(tx, column, { source }, { size_bytes: sizeBytes });
    });
  }

  /** Leaves the image as it is, for an import that goes on with it; `said` is why, where somebody is to be told. */
  release(said: string | null = null): Promise<void> {
    return this.#change((tx, column) => this.#note(tx, column, { owner: null, said }));
  }

  /** Tells what is being done. */
  say(said: string): Promise<void> {
    return this.#change((tx, column) => this.#note(tx, column, { said }));
  }

  /** Its content is there, whole and checked. */
  finish(image: Description, content: Content): Promise<void> {
    return this.#change((tx) =>
      changeRow(tx, this.uuid, columnText(image, content, null), { phase: "ready" }),
    );
  }

  /** Gives up what came of it: its files may be removed from then on, and then it is to be forgotten. */
  discard(): Promise<void> {
    return this.#change((tx, column) =>
      this.#note(tx, column, { source: null, said: null }, { phase: "destroying" }),
    );
  }

  /** Forgets the image: nothing of it is on the disk. */
  forget(): Promise<void> {
    return this.#change(async (tx, _, { host, size_bytes }) => {
      await tx.deleteFrom("drives").where("uuid", "=", this.uuid).execute();
      await allocate(tx, host, { diskBytes: -size_bytes });
    });
  }

  #renew(): Promise<void> {
    return this.#change((tx, column) => this.#note(tx, column, {}));
  }

  /** Writes what is known of the work: with its lease renewed, and as it was, but for what is changed. */
  #note(tx: Tx, column: Column, changed: Partial<Work>, more: Partial<Row> = {}): Promise<void> {
    const { source = null, said = null } = column.work ?? {};
    const owner = { ...this.#owner, leaseUntilMs: this.#nowMs() + LEASE_MS };
    return changeRow(tx, this.uuid, columnText(column, null, { owner, source, said, ...changed }), more);
  }

  #change(change: (tx: Tx, column: Column, row: Row) => Promise<void>): Promise<void> {
    return this.#store.transaction(async (tx) => {
      const row = await rowOf(tx, this.uuid);
      if (row === undefined || !this.#isOwn(row)) throw busy(`another process took image ${this.uuid} over`);
      await change(tx, columnOf(row), row);
    });
  }

  #isOwn(row: Row | undefined): boolean {
    if (row === undefined || row.standard === null) return false;
    return columnOf(row).work?.owner?.id === this.#owner.id;
  }
}
