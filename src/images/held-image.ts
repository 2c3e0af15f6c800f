/** An image that this process holds the lease of: what its work does to the row, for as long as no other took it over. */
import { busy } from "../base/errors.ts";
import { diskRoom } from "../drives/lifecycle.ts";
import { judgeGrowth } from "../placement/drives.ts";
import type { Store, Tx } from "../store/store.ts";
import { LEASE_MS, type Owner, whileRenewing } from "./lease.ts";
import {
  type Column,
  type Content,
  changeRow,
  columnOf,
  columnText,
  type Description,
  rowOf,
} from "./row.ts";

/** What the disk has, and what the volumes on it take. */
type Space = { readonly freeBytes: number; readonly allocatedBytes: number };

/** Errors, of each method: `busy` when another process took the image over. */
export class HeldImage {
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
  whileHeld<T>(work: (signal: AbortSignal) => Promise<T>, renewEveryMs?: number): Promise<T> {
    return whileRenewing(() => this.#renew(), work, renewEveryMs);
  }

  /** Records what the content comes from, and reserves the room that it takes. Errors: also `full`. */
  reserve(source: string | null, sizeBytes: number, space: Space): Promise<void> {
    return this.#change(async (tx, column, heldBytes) => {
      judgeGrowth(await diskRoom(tx, space), sizeBytes - heldBytes);
      const work = { owner: this.#leased(), source };
      await changeRow(tx, this.uuid, columnText(column, null, work), { size_bytes: sizeBytes });
    });
  }

  /** Leaves the image as it is, for an import that goes on with it. */
  release(): Promise<void> {
    return this.#change(async (tx, column) => {
      const work = { owner: null, source: column.work?.source ?? null };
      await changeRow(tx, this.uuid, columnText(column, null, work));
    });
  }

  /** Its content is there, whole and checked. */
  finish(image: Description, content: Content): Promise<void> {
    return this.#change((tx) =>
      changeRow(tx, this.uuid, columnText(image, content, null), { phase: "ready" }),
    );
  }

  /** Gives up what came of it: its files may be removed from then on, and then it is to be forgotten. */
  discard(): Promise<void> {
    return this.#change((tx, column) => {
      const work = { owner: this.#leased(), source: null };
      return changeRow(tx, this.uuid, columnText(column, null, work), { phase: "destroying" });
    });
  }

  /** Forgets the image: nothing of it is on the disk. */
  forget(): Promise<void> {
    return this.#change(async (tx) => {
      await tx.deleteFrom("drives").where("uuid", "=", this.uuid).execute();
    });
  }

  #renew(): Promise<void> {
    return this.#change(async (tx, column) => {
      const work = { owner: this.#leased(), source: column.work?.source ?? null };
      await changeRow(tx, this.uuid, columnText(column, null, work));
    });
  }

  #leased(): Owner {
    return { ...this.#owner, leaseUntilMs: this.#nowMs() + LEASE_MS };
  }

  #change(change: (tx: Tx, column: Column, sizeBytes: number) => Promise<void>): Promise<void> {
    return this.#store.transaction(async (tx) => {
      const row = await rowOf(tx, this.uuid);
      const column = row === undefined || row.standard === null ? null : columnOf(row);
      if (row === undefined || column?.work?.owner?.id !== this.#owner.id) {
        throw busy(`another process took image ${this.uuid} over`);
      }
      await change(tx, column, row.size_bytes);
    });
  }
}
