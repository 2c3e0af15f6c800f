/**
 * The cages of what works on drives: control groups that bound what each worker and each storage daemon takes of the
 * machine's memory and processes, threads counted (docs/operating.md).
 */
import { randomUUID } from "node:crypto";
import { availableParallelism, totalmem } from "node:os";
import type { Cage } from "../process/cage.ts";
import type { Bound, Bounds } from "../quota/bounds.ts";

const GIB = 2 ** 30;
/** Of the machine's memory, for what has all drives open that the API uses. */
const PART_OF_MEMORY = 1 / 4;
/** QEMU's block layer has up to 64 threads for the requests of all files, and a few besides. */
const BLOCK_THREADS = 96;

const WORKER = "worker-";

export type CagesOptions = {
  /** Who they run as; null: our own user. */
  readonly uid: number | null;
  /** Null where none are set. */
  readonly bounds: Bounds | null;
};

export class Cages {
  readonly #options: CagesOptions;

  constructor(options: CagesOptions) {
    this.#options = options;
  }

  /** Of one worker, which has a thread for each processor at least. */
  worker(): Cage {
    const processes = BLOCK_THREADS + availableParallelism();
    return this.#cage(WORKER + randomUUID(), { memoryBytes: GIB, processes });
  }

  /** Of the storage daemon that the drive has for itself, or that of all drives (null). */
  storageDaemon(drive: string | null): Cage {
    const memoryBytes = drive === null ? Math.max(GIB, Math.floor(totalmem() * PART_OF_MEMORY)) : GIB;
    return this.#cage(drive === null ? "drives" : `drive-${drive}`, {
      memoryBytes,
      processes: BLOCK_THREADS,
    });
  }

  /** Ends and clears what workers of an earlier daemon left: they have ended with it, or are about to. */
  async clearLeft(): Promise<void> {
    const { bounds } = this.#options;
    const left = ((await bounds?.servers()) ?? []).filter((name) => name.startsWith(WORKER));
    for (const name of left) await this.#clear(name);
  }

  #cage(name: string, bound: Bound): Cage {
    const { uid, bounds } = this.#options;
    return {
      uid,
      admit: async (pid) => bounds?.enter(name, pid, bound).catch(unlessGone),
      clear: () => this.#clear(name),
    };
  }

  async #clear(name: string): Promise<void> {
    const { bounds } = this.#options;
    await bounds?.kill(name);
    await bounds?.remove(name);
  }
}

function unlessGone(error: NodeJS.ErrnoException): void {
  if (error.code !== "ESRCH") throw error;
}
