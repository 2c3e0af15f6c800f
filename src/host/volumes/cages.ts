/**
 * The cages of what works on drives. Each worker, and the storage daemon that a drive has for itself, has a uid that nobody
 * else has meanwhile, and the files that it is lent (`loans.ts`); the storage daemon of all drives has the drives' uid, alone.
 * Each of them is in control groups that bound what it takes of the machine's memory and processes, threads counted
 * (docs/operating.md).
 */
import { randomUUID } from "node:crypto";
import { availableParallelism, totalmem } from "node:os";
import type { Volume } from "../host.ts";
import type { Cage } from "../process/cage.ts";
import type { Bound, Bounds } from "../quota/bounds.ts";
import type { Ids, Loan, Loans } from "./loans.ts";
import type { StagingVolume } from "./staging-volume.ts";

const GIB = 2 ** 30;
/** Of the machine's memory, for what has all drives open that the API uses. */
const PART_OF_MEMORY = 1 / 4;
/** QEMU's block layer has up to 64 threads for the requests of all files, and a few besides. */
const BLOCK_THREADS = 96;

const WORKER = "worker-";

export type CagesOptions = {
  /** Who drives' files belong to; null: our own user. */
  readonly uid: number | null;
  /** Null where all run as that one. */
  readonly ids: Ids | null;
  readonly loans: Loans;
  /** Null where none are set. */
  readonly bounds: Bounds | null;
};

/** That of a storage daemon, in which one is launched as often as one is lost. */
export type DaemonCage = Cage & {
  /** Has what it needs to be launched. Errors: `full`, the file system's. */
  prepare(): Promise<void>;
};

export class Cages {
  readonly #options: CagesOptions;

  constructor(options: CagesOptions) {
    this.#options = options;
  }

  /** Of a worker that opens no file. Errors: `full`, all uids are taken. */
  worker(): Cage {
    const { uid, ids } = this.#options;
    const name = WORKER + randomUUID();
    const own = ids?.take(name) ?? uid;
    return this.#worker(name, { uid: own, group: null }, async () => ids?.giveBack(name));
  }

  /** Of a worker that fills the staging volume, and reads the source's file, where that is named. Errors: as of `Loans.lend`. */
  async copier(staging: StagingVolume, source: Volume | null): Promise<Cage> {
    const { uid, loans } = this.#options;
    const target = await loans.lend(staging, "write");
    try {
      const from = source === null ? null : await loans.lend(source, "read");
      const who = { uid: target.id ?? uid, group: from?.id ?? null };
      return this.#worker(WORKER + staging.uuid, who, async () => {
        await from?.end();
        await target.end();
      });
    } catch (error) {
      await target.end();
      throw error;
    }
  }

  /**
   * Of the storage daemon that the drive has for itself, or that of all drives (null).
   *
   * @param id the uid of the one that runs, null where none is known to, or it has the drives'
   */
  storageDaemon(drive: string | null, id: number | null = null): DaemonCage {
    const { uid, loans } = this.#options;
    const memoryBytes = drive === null ? Math.max(GIB, Math.floor(totalmem() * PART_OF_MEMORY)) : GIB;
    const name = drive === null ? "drives" : `drive-${drive}`;
    let loan: Loan | null = drive === null || id === null ? null : loans.adopt(drive, id);
    return {
      ...this.#groups(name, { memoryBytes, processes: BLOCK_THREADS }),
      group: null,
      get uid() {
        return loan?.id ?? uid;
      },
      async prepare() {
        if (loan !== null) await loan.renew();
        else if (drive !== null) loan = await loans.lend({ uuid: drive }, "write");
      },
      clear: async () => {
        await this.#clear(name);
        await loan?.end();
        loan = null;
      },
    };
  }

  /** Ends and clears what workers of an earlier daemon left: they have ended with it, or are about to. */
  async clearLeft(): Promise<void> {
    const { bounds } = this.#options;
    const left = ((await bounds?.servers()) ?? []).filter((name) => name.startsWith(WORKER));
    for (const name of left) await this.#clear(name);
  }

  /** It has a thread for each processor at least. */
  #worker(name: string, who: Pick<Cage, "uid" | "group">, giveBack: () => Promise<void>): Cage {
    const processes = BLOCK_THREADS + availableParallelism();
    return {
      ...who,
      ...this.#groups(name, { memoryBytes: GIB, processes }),
      clear: async () => {
        await this.#clear(name);
        await giveBack();
      },
    };
  }

  #groups(name: string, bound: Bound): Pick<Cage, "admit"> {
    const { bounds } = this.#options;
    return { admit: async (pid) => bounds?.enter(name, pid, bound).catch(unlessGone) };
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
