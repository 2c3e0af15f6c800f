/** The drives of a simulated machine. */
import { gunzipSync, gzipSync } from "node:zlib";
import { busy, failed, full, usage } from "../../src/base/errors.ts";
import type {
  Conversion,
  CopyJob,
  DiskSpace,
  DriveHost,
  FileDescription,
  Generation,
  JobName,
  JobState,
  Volume,
} from "../../src/host/host.ts";
import {
  type Before,
  close,
  type Effect,
  ensureNotImaged,
  ensureNotRead,
  fence,
  holder,
  type Machine,
  targetOf,
} from "./machine.ts";

export class SimulatedDrives implements DriveHost {
  readonly #machine: Machine;
  readonly #before: Before;
  /** The jobs that were started through this. */
  readonly #started = new Set<string>();

  constructor(machine: Machine, before: Before) {
    this.#machine = machine;
    this.#before = before;
  }

  async create(volume: Volume, generation: Generation): Promise<void> {
    const { drives } = this.#machine;
    await this.#begin("drive create", volume.uuid, generation);
    if (drives.has(volume.uuid)) return;
    drives.set(volume.uuid, { volume, bytes: Buffer.alloc(volume.sizeBytes) });
  }

  async resize(volume: Volume, sizeBytes: number, generation: Generation): Promise<void> {
    const { uuid } = volume;
    try {
      await this.#begin("drive resize", uuid, generation);
      this.#ensureClosed(uuid);
      ensureNotRead(this.#machine, uuid);
      const drive = this.#present(uuid);
      const bytes = Buffer.alloc(sizeBytes);
      drive.bytes.copy(bytes, 0, 0, Math.min(volume.sizeBytes, sizeBytes));
      drive.bytes = bytes;
    } finally {
      close(this.#machine, uuid, generation);
    }
  }

  async destroy(uuid: string, generation: Generation): Promise<void> {
    await this.#begin("drive destroy", uuid, generation);
    this.#forgetOnto(uuid, () => true);
    this.#ensureClosed(uuid);
    ensureNotRead(this.#machine, uuid);
    this.#machine.drives.delete(uuid);
  }

  async read({ uuid }: Volume, offset: number, length: number): Promise<Buffer> {
    return Buffer.from(this.#present(uuid).bytes.subarray(offset, offset + length));
  }

  async write({ uuid }: Volume, offset: number, source: AsyncIterable<Uint8Array>): Promise<number> {
    this.#ensureClosed(uuid);
    ensureNotRead(this.#machine, uuid);
    const drive = this.#present(uuid);
    let at = offset;
    for await (const piece of source) {
      if (at + piece.length > drive.bytes.length)
        throw full("write_past_end", "the write passes the end of the drive");
      drive.bytes.set(piece, at);
      at += piece.length;
    }
    return at - offset;
  }

  async startCopy(job: CopyJob, generation: Generation): Promise<void> {
    const { jobs } = this.#machine;
    await this.#begin("copy start", job.target.uuid, generation);
    if (jobs.has(job.id)) return;
    this.#ensureClosed(job.target.uuid);
    ensureNotRead(this.#machine, job.target.uuid);
    this.#forgetOnto(job.target.uuid, ({ state }) => state !== "running");
    jobs.set(job.id, { state: "running", part: 0 });
    this.#machine.sources.set(job.id, job.source.uuid);
    this.#started.add(job.id);
    void this.#copy(job);
  }

  async job(id: string): Promise<JobState | null> {
    return this.#machine.jobs.get(id) ?? null;
  }

  async forgetJob({ id, target }: JobName, generation: Generation): Promise<void> {
    close(this.#machine, target, generation);
    this.#forget(id);
  }

  /** Forgets jobs onto the drive. */
  #forgetOnto(target: string, isForgotten: (state: JobState) => boolean): void {
    for (const [id, state] of this.#machine.jobs) {
      if (targetOf(id) === target && isForgotten(state)) this.#forget(id);
    }
  }

  #forget(id: string): void {
    this.#machine.jobs.delete(id);
    this.#machine.sources.delete(id);
  }

  /** The daemon by which the host was reached has ended, and its jobs with it. */
  endJobs(): void {
    for (const id of this.#started) this.#forget(id);
  }

  async list(): Promise<readonly string[]> {
    return [...this.#machine.drives.keys()];
  }

  async describe(uuid: string): Promise<FileDescription | null> {
    const drive = this.#machine.drives.get(uuid);
    if (drive === undefined) return null;
    const { format } = drive.volume;
    return { format, sizeBytes: drive.bytes.length, generation: this.#machine.fences.get(uuid) ?? 0 };
  }

  async space(): Promise<DiskSpace> {
    const allocatedBytes = [...this.#machine.drives.values()].reduce(
      (sum, { bytes }) => sum + bytes.length,
      0,
    );
    return { freeBytes: this.#machine.diskBytes - allocatedBytes, allocatedBytes };
  }

  async #copy({ id, source, target, conversion }: CopyJob): Promise<void> {
    const { jobs, changes } = this.#machine;
    try {
      const [from, onto] = [this.#present(source.uuid), this.#present(target.uuid)];
      onto.bytes.fill(0);
      jobs.set(id, { state: "running", part: 0.5 });
      await this.#before("copy", target.uuid);
      if (!jobs.has(id)) return;
      const bytes = converted(from.bytes, conversion);
      if (bytes.length > onto.bytes.length) throw full("the result does not fit");
      onto.bytes.set(bytes);
      jobs.set(id, { state: "done" });
    } catch (error) {
      if (jobs.has(id)) jobs.set(id, { state: "failed", error: error as Error });
    }
    changes.note(target.uuid);
  }

  /** Errors: Outdated, also when the higher generation came while the effect took its time. */
  async #begin(effect: Effect, uuid: string, generation: Generation): Promise<void> {
    fence(this.#machine, uuid, generation);
    await this.#before(effect, uuid);
    fence(this.#machine, uuid, generation);
  }

  #present(uuid: string): { volume: Volume; bytes: Buffer } {
    const drive = this.#machine.drives.get(uuid);
    if (drive === undefined) throw failed("storage_failed", `drive ${uuid} is not here`);
    return drive;
  }

  #ensureClosed(uuid: string): void {
    if (holder(this.#machine, uuid) !== undefined) throw busy("drive_in_use", `drive ${uuid} is open`);
    ensureNotImaged(this.#machine, uuid);
  }
}

function converted(bytes: Buffer, conversion: Conversion | null): Buffer {
  if (conversion === null) return bytes;
  try {
    return conversion === "gzip" ? gzipSync(bytes) : gunzipSync(bytes);
  } catch (cause) {
    throw usage("it holds no whole gzip stream", { cause });
  }
}
