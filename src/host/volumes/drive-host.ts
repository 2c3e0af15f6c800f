/**
 * The drives of this host: volumes in files on its disk, read and written through QEMU's block layer by whoever has them
 * open, the storage daemon or a running server's QEMU. Who that is, is in the drive table; each drive fails by itself.
 */
import { join } from "node:path";
import { ensureFolder, PASSABLE } from "../../base/folder.ts";
import type { Downloader } from "../../download/download.ts";
import type { AdoptedDrive, Attachment, Attachments, AttachRequest, Exporter } from "../attachment.ts";
import { Unreachable } from "../errors.ts";
import type {
  CopyJob,
  DiskSpace,
  DriveHost,
  FetchJob,
  FileDescription,
  Generation,
  JobName,
  JobState,
  Volume,
} from "../host.ts";
import type { Sandboxer } from "../process/sandbox.ts";
import { widenSendBuffer } from "../process/send-buffer.ts";
import type { Bounds } from "../quota/bounds.ts";
import { connectNbd } from "../wire/nbd.ts";
import { DriveAttachments } from "./attachments.ts";
import { Cages } from "./cages.ts";
import { exporterOf, type FillJob } from "./copy-attempt.ts";
import { CopyJobs } from "./copy-jobs.ts";
import { closeLeft } from "./daemon-exports.ts";
import { DiskSpaceCount } from "./disk-space.ts";
import { DriveTable } from "./drive-table.ts";
import { type DriveExport, Exports } from "./exports.ts";
import { effectError, Moved, retryWhileMoving, transferError } from "./faults.ts";
import { Generations } from "./generations.ts";
import { type Ids, Loans } from "./loans.ts";
import { resizeVolume } from "./resize.ts";
import { SharedDrives } from "./shared-drives.ts";
import type { StorageDaemonFigures } from "./storage-daemon.ts";
import { StorageDaemons } from "./storage-daemons.ts";
import { readRange, writeStream } from "./transfer.ts";
import {
  createVolume,
  describeVolume,
  destroyVolume,
  layout,
  listVolumes,
  removeUnfinished,
  type VolumeFolder,
} from "./volume-file.ts";

/** How long whoever has a drive open may take to answer: a disk may be slow, and a process is stopped for a moment. */
const DEADLINE_MS = 30_000;
/** What is as long as this takes longer than enlarging its socket's buffer does. */
const LONG_WRITE_BYTES = 2 * 2 ** 20;

export type DriveHostOptions = {
  /** The cloud's home; volumes are in its folder `drives`, the storage daemon's words in `log`. */
  readonly home: string;
  /** For sockets: short and, where possible, on tmpfs. Whoever has the uid must be able to traverse it. */
  readonly runDir: string;
  /** Who QEMU runs as and volumes' files belong to; null: our own user. */
  readonly uid: number | null;
  readonly sandboxer: Sandboxer;
  /** What fetches. */
  readonly downloader: Downloader;
  /** Of memory and processes, for what works on drives; absent: none are set. */
  readonly bounds?: Bounds;
  /** The uids of what works on drives, one each; absent: all have that of drives. */
  readonly ids?: Ids | null;
  /** A copy job onto that drive has ended. */
  onChange(uuid: string): void;
  /** Told of what went wrong in the background and is tried again. */
  onTrouble(error: unknown): void;
  /** For tests, which do not wait for so long. */
  readonly deadlineMs?: number;
};

/** What goes on beside the drives' files. */
export type VolumeFigures = {
  readonly storageDaemons: StorageDaemonFigures;
  /** How many drives are being imaged. */
  readonly copies: number;
};

export type LocalDriveHost = DriveHost &
  Attachments & {
    readonly figures: VolumeFigures;
    /** Has storage daemons ended of drives that no server shares any more: all that run were adopted. */
    endLeft(): void;
    /** Ends jobs, and storage daemons, but those through which servers use drives. */
    close(): Promise<void>;
  };

/**
 * Opens the drives of a home. The storage daemon is launched, or adopted, when it is first needed: drives that servers
 * use are to be adopted before.
 */
export async function openDriveHost(options: DriveHostOptions): Promise<LocalDriveHost> {
  const { home, runDir, uid, bounds = null, ids = null, onTrouble } = options;
  for (const folder of ["drives", "log"]) ensureFolder(join(home, folder), PASSABLE);
  await removeUnfinished({ home, uid }, onTrouble);
  const generations = await Generations.open(join(runDir, "drive-generations"));
  const loans = new Loans({ home, uid }, ids);
  const cages = new Cages({ uid, ids, loans, bounds });
  await cages.clearLeft().catch(onTrouble);
  const host = new OpenDriveHost(options, generations, cages);
  // Of storage daemons that went on it knows by now.
  await loans.takeBackLeft(onTrouble);
  return host;
}

class OpenDriveHost implements LocalDriveHost {
  readonly #folder: VolumeFolder;
  readonly #deadlineMs: number;
  readonly #generations: Generations;
  readonly #table = new DriveTable<DriveExport>();
  readonly #daemons: StorageDaemons;
  readonly #exports: Exports;
  readonly #shared: SharedDrives;
  readonly #attachments: DriveAttachments;
  readonly #jobs: CopyJobs;
  readonly #space: DiskSpaceCount;

  constructor(options: DriveHostOptions, generations: Generations, cages: Cages) {
    const {
      home,
      runDir,
      uid,
      sandboxer,
      downloader,
      onChange,
      onTrouble,
      deadlineMs = DEADLINE_MS,
    } = options;
    this.#folder = { home, uid };
    this.#deadlineMs = deadlineMs;
    this.#generations = generations;
    this.#daemons = new StorageDaemons(
      { home, runDir, uid, sandboxer, cages, deadlineMs },
      {
        onBegin: async (session) => {
          if (session.adopted) await this.#exports.adopt(session, await closeLeft(session));
        },
        onLost: (session) => {
          this.#exports.forget(session);
          this.#shared.restore();
        },
        isNeeded: (drive) => this.#shared.areWritten((uuid) => this.#daemons.isFor({ drive }, uuid)),
        onTrouble,
      },
    );
    const table = this.#table;
    this.#exports = new Exports({
      table,
      folder: this.#folder,
      daemons: this.#daemons,
      deadlineMs,
      onTrouble,
    });
    this.#shared = new SharedDrives(table, this.#exports, onTrouble);
    this.#space = new DiskSpaceCount(join(home, "drives"), onTrouble);
    const closed = <T>(uuid: string, work: () => Promise<T>) => this.#closed(uuid, work);
    this.#attachments = new DriveAttachments({
      table,
      exports: this.#exports,
      daemons: this.#daemons,
      closed,
    });
    this.#jobs = new CopyJobs({
      ...{ folder: this.#folder, sandboxer, cages, downloader },
      table,
      exports: this.#exports,
      deadlineMs,
      space: this.#space,
      closed,
      onChange,
      onTrouble,
    });
  }

  get figures(): VolumeFigures {
    return { storageDaemons: this.#daemons.figures, copies: this.#jobs.running };
  }

  create(volume: Volume, generation: Generation): Promise<void> {
    const { uuid } = volume;
    return this.#effect(uuid, generation, `drive ${uuid} could not be made`, () =>
      this.#table.alone(uuid, async () => {
        this.#generations.ensureNewest(uuid, generation);
        await createVolume(this.#folder, volume);
      }),
    );
  }

  resize(volume: Volume, sizeBytes: number, generation: Generation): Promise<void> {
    const { uuid } = volume;
    return this.#effect(uuid, generation, `drive ${uuid} could not be resized`, async () => {
      try {
        this.#table.ensureAllowed(uuid, { do: "resize" });
        await this.#closed(uuid, async () => {
          this.#generations.ensureNewest(uuid, generation);
          // A server may have got it meanwhile.
          this.#table.ensureAllowed(uuid, { do: "resize" });
          const dependencies = { folder: this.#folder, exports: this.#exports, daemons: this.#daemons };
          await retryWhileMoving(uuid, () => resizeVolume(dependencies, volume, sizeBytes));
        });
      } finally {
        // Done or refused, it is answered: the same one that came later would cut off what is written from now on.
        await this.#close(uuid, generation);
      }
    });
  }

  destroy(uuid: string, generation: Generation): Promise<void> {
    return this.#effect(uuid, generation, `drive ${uuid} could not be removed`, async () => {
      await this.#jobs.endOnto(uuid);
      this.#table.ensureAllowed(uuid, { do: "destroy" });
      await this.#closed(uuid, async () => {
        this.#table.ensureAllowed(uuid, { do: "destroy" });
        for (const name of await destroyVolume(this.#folder, uuid)) this.#space.forget(name);
      });
    });
  }

  read(volume: Volume, offset: number, length: number): Promise<Buffer> {
    return withErrorOf(
      retryWhileMoving(volume.uuid, () => this.#readOnce(volume, offset, length)),
      (error) => transferError(error, `drive ${volume.uuid} could not be read`),
    );
  }

  write(volume: Volume, offset: number, bytes: AsyncIterable<Uint8Array>, lengthBytes = 0): Promise<number> {
    const marksZeroes = layout(volume) === "luks-qcow2";
    const target = { offset, lengthBytes, endBytes: volume.sizeBytes, marksZeroes };
    return withErrorOf(this.#write(volume, bytes, target), (error) =>
      transferError(error, `drive ${volume.uuid} could not be written; send it again`),
    );
  }

  startCopy(job: CopyJob, generation: Generation): Promise<void> {
    return this.#startJob(job, generation);
  }

  startFetch(job: FetchJob, generation: Generation): Promise<void> {
    return this.#startJob(job, generation);
  }

  #startJob(job: FillJob, generation: Generation): Promise<void> {
    const { uuid } = job.target;
    return this.#effect(uuid, generation, `drive ${uuid} could not be imaged`, async () => {
      this.#generations.ensureNewest(uuid, generation);
      await this.#jobs.start(job);
    });
  }

  async job(id: string): Promise<JobState | null> {
    return this.#jobs.state(id);
  }

  async forgetJob({ id, target }: JobName, generation: Generation): Promise<void> {
    await this.#close(target, generation);
    await this.#jobs.forget(id);
  }

  list(): Promise<readonly string[]> {
    return listVolumes(this.#folder);
  }

  async describe(uuid: string): Promise<FileDescription | null> {
    const file = await describeVolume(this.#folder, uuid);
    return file === null ? null : { ...file, generation: this.#generations.highest(uuid) };
  }

  space(): Promise<DiskSpace> {
    return this.#space.space();
  }

  attach(server: string, request: AttachRequest, exporter: Exporter): Promise<Attachment> {
    const attached = this.#attachments.attach(server, request, exporter);
    const sentence = `drive ${request.volume.uuid} could not be attached`;
    return withErrorOf(attached, (error) => effectError(error, sentence));
  }

  adopt(server: string, drives: readonly AdoptedDrive[]): void {
    this.#attachments.adopt(server, drives);
  }

  share(server: string, volume: Volume): Promise<void> {
    const sentence = `drive ${volume.uuid} could not be opened for servers`;
    return withErrorOf(this.#attachments.share(server, volume), (error) => effectError(error, sentence));
  }

  detach(server: string): void {
    this.#attachments.detach(server);
  }

  endLeft(): void {
    for (const uuid of this.#daemons.drives()) this.#exports.rest(uuid);
  }

  async close(): Promise<void> {
    this.#space.close();
    this.#shared.close();
    await this.#jobs.close();
    const open = await this.#exports.closeAll();
    await this.#daemons.close((daemon) => open.some((uuid) => this.#daemons.isFor(daemon, uuid)));
  }

  /** Does what a generation asks for, unless a later one was seen; the error says what came of it. */
  #effect(uuid: string, generation: Generation, sentence: string, work: () => Promise<void>): Promise<void> {
    return withErrorOf(this.#generations.take(uuid, generation).then(work), (error) =>
      effectError(error, sentence),
    );
  }

  /** Errors: Unreachable, since nobody knows then what may still come of the generation. */
  async #close(uuid: string, generation: Generation): Promise<void> {
    await this.#generations.close(uuid, generation).catch((cause: unknown) => {
      throw new Unreachable(`what came of drive ${uuid} could not be written down`, { cause });
    });
  }

  /** Has the drive closed, and kept so while `work` goes on; but where servers share it, which `work` finds out. */
  #closed<T>(uuid: string, work: () => Promise<T>): Promise<T> {
    const isOpen = () => this.#table.state(uuid).is !== "shared" && this.#table.exported(uuid) !== null;
    return this.#table.alone(uuid, async () => {
      do {
        if (this.#table.state(uuid).is === "shared") break;
        await retryWhileMoving(uuid, async () => {
          await this.#exports.close(uuid);
          // A job that reads it may have opened it again.
          if (isOpen()) throw new Moved(uuid);
        });
      } while (isOpen());
      return work();
    });
  }

  async #readOnce(volume: Volume, offset: number, length: number): Promise<Buffer> {
    const { uuid } = volume;
    if (this.#table.state(uuid).is !== "attached") {
      return this.#table.share(uuid, () => {
        if (this.#table.state(uuid).is === "attached") throw new Moved(uuid);
        return this.#exports.use(volume, (nbd) => readRange(nbd, offset, length));
      });
    }
    const address = await exporterOf({ table: this.#table, deadlineMs: this.#deadlineMs }, volume);
    const nbd = await connectNbd(address, this.#deadlineMs);
    try {
      return await readRange(nbd, offset, length);
    } finally {
      await nbd.close();
    }
  }

  async #write(
    volume: Volume,
    bytes: AsyncIterable<Uint8Array>,
    target: Parameters<typeof writeStream>[2],
  ): Promise<number> {
    const { uuid } = volume;
    this.#table.apply(uuid, { do: "beginWrite" });
    try {
      return await this.#table.share(uuid, async () => {
        // The stream can be read once only: that the drive is open is made sure of before.
        const { nbd, release } = await retryWhileMoving(uuid, () => this.#exports.open(volume));
        if (target.lengthBytes >= LONG_WRITE_BYTES) nbd.widen((socket) => widenSendBuffer(socket));
        try {
          return await writeStream(nbd, bytes, target);
        } finally {
          release();
        }
      });
    } finally {
      this.#table.apply(uuid, { do: "endWrite" });
    }
  }
}

/** Awaits the work; where it fails, with the error that `errorOf` makes of its own. */
async function withErrorOf<T>(work: Promise<T>, errorOf: (error: unknown) => unknown): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw errorOf(error);
  }
}
