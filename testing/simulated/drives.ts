/** The drives of a simulated machine. */
import { createHash } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import { busy, failed, full, usage } from "../../src/base/errors.ts";
import { Downloader } from "../../src/download/download.ts";
import { AddressJudge } from "../../src/download/judge.ts";
import type {
  Conversion,
  CopyJob,
  DiskSpace,
  DriveHost,
  FetchJob,
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
    if (await this.#startJob(job, generation)) void this.#copy(job);
  }

  async startFetch(job: FetchJob, generation: Generation): Promise<void> {
    if (await this.#startJob(job, generation)) void this.#fetch(job);
  }

  /** Answers whether there was none of it yet. */
  async #startJob(job: CopyJob | FetchJob, generation: Generation): Promise<boolean> {
    const { id, target } = job;
    const { jobs, sources } = this.#machine;
    await this.#begin("copy start", target.uuid, generation);
    if (jobs.has(id)) return false;
    this.#ensureClosed(target.uuid);
    ensureNotRead(this.#machine, target.uuid);
    this.#forgetOnto(target.uuid, ({ state }) => state !== "running");
    jobs.set(id, { state: "running", part: 0 });
    if ("source" in job) sources.set(id, job.source.uuid);
    this.#started.add(id);
    return true;
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

  /** From this machine alone, which has no other network than its own. */
  async #fetch({ id, target, url, sha256 }: FetchJob): Promise<void> {
    const { jobs, changes } = this.#machine;
    const downloader = new Downloader({ judge: new AddressJudge(["127.0.0.0/8"], () => []) });
    const ending = new AbortController();
    try {
      const onto = this.#present(target.uuid);
      onto.bytes.fill(0);
      await this.#before("copy", target.uuid);
      if (!jobs.has(id)) return;
      const order = { url, mostBytes: target.sizeBytes, signal: ending.signal };
      const content = await downloader.download(order, async ({ bytes, totalBytes }) => {
        const chunks: Uint8Array[] = [];
        let doneBytes = 0;
        for await (const chunk of bytes) {
          chunks.push(chunk);
          doneBytes += chunk.length;
          if (doneBytes > target.sizeBytes) throw full("the content does not fit");
          if (!jobs.has(id)) ending.abort(failed("it was forgotten"));
          ending.signal.throwIfAborted();
          jobs.set(id, { state: "running", part: doneBytes / (totalBytes ?? target.sizeBytes) });
        }
        return Buffer.concat(chunks);
      });
      const found = createHash("sha256").update(content).digest("hex");
      if (sha256 !== null && found !== sha256)
        throw usage(`the content has the SHA-256 ${found}, not ${sha256}`);
      onto.bytes.set(content);
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
