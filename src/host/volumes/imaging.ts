/**
 * Imaging: one drive is made to hold what another holds. What it is to hold is written into a file of its own, which
 * takes the place of the drive's when it is whole and on stable storage; until then the drive reads as zeroes. So
 * nothing that is interrupted can be taken for done, and what the drive held before takes no room meanwhile.
 */
import { setTimeout as delay } from "node:timers/promises";
import { busy, LodgeError } from "../../base/errors.ts";
import type { Gate } from "../../base/read-write-lock.ts";
import type { DriveImage, Imaging } from "../host.ts";
import type { WorkerOptions } from "../process/worker.ts";
import { connectNbd, type Nbd, type NbdAddress } from "../wire/nbd.ts";
import { convertDrive } from "./convert.ts";
import { copyDrive } from "./copy.ts";
import type { Exports } from "./exports.ts";
import { ChangedHands, diskFull, following, isOutOfSpace } from "./faults.ts";
import {
  discard,
  diskBytes,
  emptyImage,
  type ImageFolder,
  makeWorkpiece,
  putInPlace,
  type Workpiece,
} from "./image-file.ts";

/** How often one is begun anew when something is lost on the way. */
const MOST_ATTEMPTS = 8;
const FIRST_PAUSE_MS = 50;
const LOOK_AGAIN_MS = 20;

export type ImagingParts = {
  readonly folder: ImageFolder;
  readonly exports: Exports;
  readonly gate: Gate;
  /** Where a running server's QEMU is to be asked for the drive, null when it is ours to open. */
  holder(uuid: string): null | (() => Promise<NbdAddress>);
  /** Whether servers use it through the storage daemon. */
  isShared(uuid: string): boolean;
  /** Whether a server has it, or is just given it. */
  isAway(uuid: string): boolean;
  /** Has the drive closed, and kept so while `work` goes on. */
  closed<T>(uuid: string, work: () => Promise<T>): Promise<T>;
  /** Told why an imaging is begun anew. */
  onTrouble(error: unknown): void;
};

export type Imagings = {
  /** As `DriveHost` says. */
  image(imaging: Imaging): Promise<void>;
  /** Errors: `busy` for a drive that is imaged, or that is read for it unless that is all that is to be done. */
  refuse(uuid: string, use: "read" | "change"): void;
};

export function driveImagings(parts: ImagingParts): Imagings {
  const { folder, exports, gate, holder, closed } = parts;
  const targets = new Set<string>();
  /** The drives that are read, and by how many. */
  const sources = new Map<string, number>();

  async function image(imaging: Imaging): Promise<void> {
    const { source, target, signal } = imaging;
    if (targets.has(target.uuid)) throw busy(`drive ${target.uuid} is being imaged`);
    targets.add(target.uuid);
    sources.set(source.uuid, (sources.get(source.uuid) ?? 0) + 1);
    try {
      // Writes that came before are finished; new ones are refused from now on.
      while (gate.isWritten(source.uuid) || gate.isWritten(target.uuid)) {
        await delay(LOOK_AGAIN_MS, undefined, { signal });
      }
      await persevering(() => attempt(imaging), signal, parts.onTrouble);
    } finally {
      targets.delete(target.uuid);
      const others = (sources.get(source.uuid) ?? 0) - 1;
      if (others === 0) sources.delete(source.uuid);
      else sources.set(source.uuid, others);
    }
  }

  async function attempt(imaging: Imaging): Promise<void> {
    const { target, onProgress } = imaging;
    if (parts.isShared(target.uuid) || parts.isAway(target.uuid)) throw new ChangedHands(target.uuid);
    onProgress(0);
    await closed(target.uuid, () => emptyImage(folder, target));
    const work = await makeWorkpiece(folder, target);
    try {
      if (imaging.conversion === null) await copy(imaging, work);
      else await convert(imaging, work);
      await following(() => exports.release(work.uuid));
      imaging.signal.throwIfAborted();
      await closed(target.uuid, () => putInPlace(folder, work, target));
    } finally {
      await exports.release(work.uuid).catch(() => {});
      await discard(folder, work);
    }
  }

  async function copy({ source, onProgress, signal }: Imaging, work: Workpiece): Promise<void> {
    const options = { onProgress, signal };
    const where = holder(source.uuid);
    if (where !== null) {
      const nbd = await reached(source, where);
      await copyDrive(folder, { nbd }, work, options);
    } else if (parts.isShared(source.uuid)) {
      await exports.use(source, (_, nbd) => copyDrive(folder, { nbd }, work, options));
    } else if (parts.isAway(source.uuid)) {
      throw new ChangedHands(source.uuid);
    } else {
      await copyDrive(folder, { file: source }, work, options);
    }
    // A guest may have written behind the drive's end within its last sector: that is no part of it.
    const behind = diskBytes(source.sizeBytes) - source.sizeBytes;
    if (behind === 0) return;
    await exports.use(work, async (nbd) => {
      await nbd.writeZeroes(source.sizeBytes, behind);
      await nbd.flush();
    });
  }

  function convert({ source, target, conversion, onProgress, signal }: Imaging, work: Workpiece) {
    if (conversion === null) throw new Error("there is nothing to convert");
    const worker: WorkerOptions = { uid: folder.uid, cwd: folder.home, signal };
    return reading(source, (from) =>
      exports.use(work, (to) => convertDrive(conversion, { from, source, to, target, onProgress, worker })),
    );
  }

  /** Does `work` on the source, open at whoever has it. */
  async function reading<T>(source: DriveImage, work: (nbd: Nbd) => Promise<T>): Promise<T> {
    const where = holder(source.uuid);
    if (where === null) {
      if (!parts.isShared(source.uuid) && parts.isAway(source.uuid)) throw new ChangedHands(source.uuid);
      return exports.use(source, work);
    }
    const nbd = await connectNbd(await reached(source, where));
    try {
      return await work(nbd);
    } finally {
      await nbd.close();
    }
  }

  return {
    image,
    refuse(uuid, use) {
      if (targets.has(uuid)) throw busy(`drive ${uuid} is being imaged`);
      if (use === "change" && sources.has(uuid)) throw busy(`drive ${uuid} is being imaged from`);
    },
  };
}

async function reached({ uuid }: DriveImage, where: () => Promise<NbdAddress>): Promise<NbdAddress> {
  return where().catch((cause: unknown) => {
    throw new ChangedHands(uuid, { cause });
  });
}

/** Does `attempt` until it succeeds, fails for a reason that stays, or has failed too often. */
async function persevering(
  attempt: () => Promise<void>,
  signal: AbortSignal,
  onTrouble: (error: unknown) => void,
): Promise<void> {
  for (let attempts = 1; ; attempts++) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      signal.throwIfAborted();
      if (isDiskFull(error)) throw diskFull(error);
      if (error instanceof LodgeError || attempts === MOST_ATTEMPTS) throw error;
      onTrouble(error);
    }
    await delay(FIRST_PAUSE_MS * 2 ** attempts, undefined, { signal });
  }
}

/** qemu-img says it in words alone. */
function isDiskFull(error: unknown): boolean {
  return isOutOfSpace(error) || (error instanceof Error && /No space left on device/.test(error.message));
}
