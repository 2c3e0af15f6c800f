/**
 * Standard images of the systems that the cloud makes by itself. One is built in the background as a file of the home, and
 * imported like any other. What it is at, and why it broke off, is told of the image, which is incomplete from then on and
 * can be built again.
 */
import { randomUUID } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { failed, LodgeError, sentenceOf } from "../base/errors.ts";
import { inOneLine } from "../base/one-line.ts";
import { retry } from "../base/retry.ts";
import type { VolumeFolder } from "../host/volumes/face.ts";
import { fillImage } from "./import.ts";
import type { LeasedImage } from "./leased-image.ts";
import type { ImageRecords, KnownImage, Leftover } from "./records.ts";
import { removeImage } from "./remove.ts";
import { filledBytes } from "./sealed-file.ts";
import { SYSTEMS, type SystemName } from "./systems.ts";

/**
 * Makes the image as a file, reporting each step as it begins, and is broken off by the signal. Errors: one line for people;
 * then nothing is left of it.
 */
export type Recipe = (file: string, report: (step: string) => void, signal: AbortSignal) => Promise<void>;

export type BuilderOptions = {
  readonly records: ImageRecords;
  /** Where the images' files are. */
  readonly folder: VolumeFolder;
  /** Where a file is built, which is cleared when a daemon starts. */
  readonly scratch: string;
  readonly recipes: Readonly<Record<SystemName, Recipe>>;
  readonly onTrouble: (error: unknown) => void;
  /** How often a lease is renewed, in milliseconds; absent: as leases are. */
  readonly renewEveryMs?: number;
};

/** What is being built: what breaks it off, and until when. */
type Build = { readonly breakOff: AbortController; readonly ended: Promise<void> };

/** What is kept of a sentence that a program said. */
const MOST_SAID = 500;
/** How soon it is tried again to tell why a build broke off, where the store takes nothing: twice as long each time. */
const RETRY_MS = 1_000;
const MOST_RETRY_MS = 60_000;

export class ImageBuilder {
  readonly #options: BuilderOptions;
  readonly #closing = new AbortController();
  /** By the images' uuids. */
  readonly #builds = new Map<string, Build>();

  constructor(options: BuilderOptions) {
    this.#options = options;
  }

  get records(): ImageRecords {
    return this.#options.records;
  }

  /** Begins to build the system's image, and answers what it is then. Errors: `busy`, it is there or being made. */
  async begin(system: SystemName): Promise<KnownImage> {
    const { uuid } = SYSTEMS[system];
    const { leased, leftover } = await this.#options.records.take(SYSTEMS[system]);
    const breakOff = new AbortController();
    const ended = this.#build(system, leased, leftover, breakOff.signal).finally(() =>
      this.#builds.delete(uuid),
    );
    this.#builds.set(uuid, { breakOff, ended });
    const sizeBytes = leftover?.sizeBytes ?? 0;
    const unknown = { rawSizeBytes: null, sha256: null, step: null, error: null };
    return { ...SYSTEMS[system], ...unknown, sizeBytes, state: "being imported" };
  }

  /** Removes an image that is not ready, and breaks off what builds it here. Errors: `missing`, `busy`. */
  async remove(uuid: string): Promise<void> {
    const build = this.#builds.get(uuid);
    build?.breakOff.abort(failed("it was told to break off"));
    await build?.ended;
    await removeImage(this.#options, uuid);
  }

  /** How much is there of an image that is not ready. */
  filledBytes(uuid: string): Promise<number> {
    return filledBytes(this.#options.folder, uuid);
  }

  /** Breaks off what is being built, and waits until nothing is. */
  async close(): Promise<void> {
    this.#closing.abort(failed("Lodge was stopped before it was done"));
    await Promise.all([...this.#builds.values()].map(({ ended }) => ended));
  }

  async #build(
    system: SystemName,
    leased: LeasedImage,
    leftover: Leftover | null,
    brokenOff: AbortSignal,
  ): Promise<void> {
    const { scratch, onTrouble, renewEveryMs } = this.#options;
    const file = join(scratch, randomUUID());
    const named = (text: string) => text.replaceAll(file, "the image");
    const work = async (lost: AbortSignal) => {
      const signal = AbortSignal.any([lost, brokenOff, this.#closing.signal]);
      try {
        await mkdir(scratch, { recursive: true, mode: 0o700 });
        await this.#make(system, file, (step) => leased.say(named(step)), signal);
        await this.#import(system, file, leased, leftover, lost);
      } finally {
        // Before anything is told: it may be what leaves no room for that.
        await rm(file, { force: true }).catch(onTrouble);
      }
    };
    try {
      await leased.whileLeased(work, renewEveryMs);
    } catch (error) {
      onTrouble(error);
      const said = inOneLine(named(sentenceOf(error)))
        .slice(0, MOST_SAID)
        .toWellFormed();
      await this.#tellBroken(system, leased, said).catch(onTrouble);
    }
  }

  async #make(
    system: SystemName,
    file: string,
    tell: (step: string) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const { recipes, onTrouble } = this.#options;
    signal.throwIfAborted();
    let told = Promise.resolve();
    // One that is not told is no reason to break off: where the lease is lost, the signal says so.
    const report = (step: string) => {
      told = told.then(() => tell(step)).catch(onTrouble);
    };
    try {
      await recipes[system](file, report, signal);
    } finally {
      await told;
    }
  }

  async #import(
    system: SystemName,
    from: string,
    leased: LeasedImage,
    leftover: Leftover | null,
    signal: AbortSignal,
  ): Promise<void> {
    const order = { image: SYSTEMS[system], from, sha256: null };
    const { folder } = this.#options;
    await fillImage({ folder, order, report: () => {}, leased, signal }, leftover);
  }

  /** Leaves the image with what is said of it; whoever took it over meanwhile tells of it instead. */
  #tellBroken(system: SystemName, leased: LeasedImage, said: string): Promise<void> {
    const { records } = this.#options;
    const { signal } = this.#closing;
    const release = async () => {
      // An import that broke off has given the image back, or forgotten it.
      const held = (await leased.isHeld()) ? leased : (await records.take(SYSTEMS[system])).leased;
      await held.release(said);
    };
    return retry(release, {
      what: "telling why a system could not be built",
      pauseMs: (failures) => Math.min(RETRY_MS * 2 ** (failures - 1), MOST_RETRY_MS),
      isPassing: (error) => !(error instanceof LodgeError || signal.aborted),
      ...(signal.aborted ? {} : { signal }),
    });
  }
}
