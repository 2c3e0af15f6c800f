/**
 * What drives have read and written so far (spec: drive info, `[read|write]:[bytes|requests]`). What comes by the API is
 * added up here and goes to the store a moment later, many requests at once, so that counting costs a request nothing;
 * what guests do is added when their server ends, and asked of QEMU until then. Where several processes serve one store,
 * each one's count is in the others' answers once it is stored.
 */
import { outsideChange } from "../audit/event.ts";
import { backoff } from "../base/backoff.ts";
import { coalesce } from "../base/coalesce.ts";
import type { IoCounters } from "../host/host.ts";
import type { Store, Tx } from "../store/store.ts";

/** How long a count may be in memory alone; longer each time that it could not be stored. */
const FLUSH_AFTER_MS = 200;
const LONGEST_PAUSE_MS = 60_000;

export const NO_IO: IoCounters = { readBytes: 0, readRequests: 0, writeBytes: 0, writeRequests: 0 };

export function addIo(a: IoCounters, b: IoCounters): IoCounters {
  if (a === NO_IO) return b;
  if (b === NO_IO) return a;
  return {
    readBytes: a.readBytes + b.readBytes,
    readRequests: a.readRequests + b.readRequests,
    writeBytes: a.writeBytes + b.writeBytes,
    writeRequests: a.writeRequests + b.writeRequests,
  };
}

/** The counts of the API, on their way to the store. */
export class DriveCounters {
  readonly #store: Store;
  readonly #onError: (error: unknown) => void;
  readonly #flush = coalesce(() => this.#storeAll());
  #pending = new Map<string, IoCounters>();
  /** What is on its way to the store: still counted until it is there. */
  #leaving = new Map<string, IoCounters>();
  #timer: NodeJS.Timeout | undefined;
  /** How often in a row they could not be stored. */
  #failed = 0;

  /** @param onError is called when counts could not be stored; they are kept for the next time. */
  constructor(store: Store, onError: (error: unknown) => void) {
    this.#store = store;
    this.#onError = onError;
  }

  add(drive: string, io: Partial<IoCounters>): void {
    this.#pending.set(drive, addIo(this.#pending.get(drive) ?? NO_IO, { ...NO_IO, ...io }));
    const pauseMs = backoff(this.#failed + 1, FLUSH_AFTER_MS, LONGEST_PAUSE_MS);
    // What many requests brought about is none's alone.
    this.#timer ??= outsideChange(() => setTimeout(() => this.flush().catch(this.#onError), pauseMs).unref());
  }

  /** What is not in the store yet. */
  pending(drive: string): IoCounters {
    return addIo(this.#pending.get(drive) ?? NO_IO, this.#leaving.get(drive) ?? NO_IO);
  }

  /** Stores what was counted before the call. Errors: the store's; the counts are kept. */
  flush(): Promise<void> {
    return this.#flush();
  }

  async #storeAll(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#pending.size === 0) return;
    const leaving = this.#pending;
    this.#leaving = leaving;
    this.#pending = new Map();
    try {
      await this.#store.transaction(async (tx) => {
        for (const [drive, io] of leaving) await storeIo(tx, drive, io);
      });
      this.#failed = 0;
    } catch (error) {
      this.#failed++;
      for (const [drive, io] of leaving) this.add(drive, io);
      throw error;
    } finally {
      this.#leaving = new Map();
    }
  }
}

type Count = "read_bytes" | "read_requests" | "write_bytes" | "write_requests";

/**
 * Adds to what the store counts of a drive, as part of a transaction. A QEMU that was taken over may say that it did any
 * number of requests: a sum stays a number that can be read.
 */
export async function storeIo(tx: Tx, drive: string, io: IoCounters): Promise<void> {
  await tx
    .updateTable("drives")
    .set((row) => {
      const sum = (column: Count, added: number) =>
        row
          .case()
          .when(column, ">", Number.MAX_SAFE_INTEGER - added)
          .then(Number.MAX_SAFE_INTEGER)
          .else(row(column, "+", added))
          .end();
      return {
        read_bytes: sum("read_bytes", io.readBytes),
        read_requests: sum("read_requests", io.readRequests),
        write_bytes: sum("write_bytes", io.writeBytes),
        write_requests: sum("write_requests", io.writeRequests),
        revision: row("revision", "+", 1),
      };
    })
    .where("uuid", "=", drive)
    .execute();
}
