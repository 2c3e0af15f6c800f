/** The drives of a simulated machine. */
import { gunzipSync, gzipSync } from "node:zlib";
import { busy, failed, full, usage } from "../../src/base/errors.ts";
import type { Conversion, CopyJob, DriveHost } from "../../src/host/host.ts";
import { type Before, fence, holder, type Machine } from "./machine.ts";

const DISK_BYTES = 2 ** 30;

export type SimulatedDrives = DriveHost & {
  /** The daemon by which the host was reached has ended, and its jobs with it. */
  endJobs(): void;
};

export function simulatedDrives(machine: Machine, before: Before): SimulatedDrives {
  const started = new Set<string>();
  const { drives, jobs } = machine;

  function present(uuid: string) {
    const drive = drives.get(uuid);
    if (drive === undefined) throw failed("storage_failed", `drive ${uuid} is not here`);
    return drive;
  }

  function ensureClosed(uuid: string): void {
    if (holder(machine, uuid) !== undefined) throw busy("drive_in_use", `drive ${uuid} is open`);
  }

  async function copy({ id, source, target, conversion }: CopyJob): Promise<void> {
    try {
      const [from, onto] = [present(source.uuid), present(target.uuid)];
      onto.bytes.fill(0);
      jobs.set(id, { state: "running", part: 0.5 });
      await before("copy", target.uuid);
      if (!jobs.has(id)) return;
      const bytes = converted(from.bytes, conversion);
      if (bytes.length > onto.bytes.length) throw full("the result does not fit");
      onto.bytes.set(bytes);
      jobs.set(id, { state: "done" });
    } catch (error) {
      if (jobs.has(id)) jobs.set(id, { state: "failed", error: error as Error });
    }
    machine.changes.note(target.uuid);
  }

  return {
    async create(volume, generation) {
      fence(machine, volume.uuid, generation);
      await before("drive create", volume.uuid);
      fence(machine, volume.uuid, generation);
      if (drives.has(volume.uuid)) return;
      drives.set(volume.uuid, { volume, bytes: Buffer.alloc(volume.sizeBytes) });
    },
    async resize({ uuid }, sizeBytes, generation) {
      fence(machine, uuid, generation);
      await before("drive resize", uuid);
      fence(machine, uuid, generation);
      const drive = present(uuid);
      const bytes = Buffer.alloc(sizeBytes);
      drive.bytes.copy(bytes, 0, 0, sizeBytes);
      drive.bytes = bytes;
    },
    async destroy(uuid, generation) {
      fence(machine, uuid, generation);
      await before("drive destroy", uuid);
      fence(machine, uuid, generation);
      ensureClosed(uuid);
      drives.delete(uuid);
    },
    async read({ uuid }, offset, length) {
      return Buffer.from(present(uuid).bytes.subarray(offset, offset + length));
    },
    async write({ uuid }, offset, source) {
      ensureClosed(uuid);
      const drive = present(uuid);
      let at = offset;
      for await (const piece of source) {
        if (at + piece.length > drive.bytes.length)
          throw full("write_past_end", "the write passes the end of the drive");
        drive.bytes.set(piece, at);
        at += piece.length;
      }
      return at - offset;
    },
    async startCopy(job, generation) {
      fence(machine, job.target.uuid, generation);
      if (jobs.has(job.id)) return;
      ensureClosed(job.target.uuid);
      jobs.set(job.id, { state: "running", part: 0 });
      started.add(job.id);
      void copy(job);
    },
    job: async (id) => jobs.get(id) ?? null,
    async forgetJob(id) {
      jobs.delete(id);
    },
    endJobs() {
      for (const id of started) jobs.delete(id);
    },
    list: async () => [...drives.keys()],
    async describe(uuid) {
      const drive = drives.get(uuid);
      if (drive === undefined) return null;
      const { format } = drive.volume;
      return { format, sizeBytes: drive.bytes.length, generation: machine.fences.get(uuid) ?? 0 };
    },
    async space() {
      const allocatedBytes = [...drives.values()].reduce((sum, { bytes }) => sum + bytes.length, 0);
      return { freeBytes: DISK_BYTES - allocatedBytes, allocatedBytes };
    },
  };
}

function converted(bytes: Buffer, conversion: Conversion | null): Buffer {
  if (conversion === null) return bytes;
  try {
    return conversion === "gzip" ? gzipSync(bytes) : gunzipSync(bytes);
  } catch (cause) {
    throw usage("it holds no whole gzip stream", { cause });
  }
}
