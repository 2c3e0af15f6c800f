/** Drives to be copied, for tests. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { LodgeError } from "../../src/base/errors.ts";
import type { Cipher, Conversion, CopyJob, JobState, Volume } from "../../src/host/host.ts";
import { type Fixture, newDrive, type Stand, streamOf } from "./drives.ts";

export const MIB = 1024 * 1024;

export const isOf = (type: string) => (error: unknown) => error instanceof LodgeError && error.type === type;

export const copyJob = (source: Volume, target: Volume, conversion: Conversion | null = null): CopyJob => ({
  id: randomUUID(),
  source,
  target,
  conversion,
});

/** How the job ended, once it has. */
export async function ended(
  { host, events }: Fixture,
  { id }: Pick<CopyJob, "id">,
): Promise<JobState | null> {
  for (;;) {
    const changed = once(events, "change");
    const state = await host.job(id);
    if (state?.state !== "running") return state;
    await changed;
  }
}

/** Does the job to its end. Errors: why it was not begun, or has failed. */
export async function copied(fixture: Fixture, job: CopyJob): Promise<void> {
  await fixture.host.startCopy(job, 1);
  const state = await ended(fixture, job);
  assert(state !== null, "the job is not known any more");
  if (state.state === "failed") throw state.error;
}

/** Answers once more than that part of the source is through, or the job has ended. */
export async function through({ host }: Fixture, { id }: Pick<CopyJob, "id">, part: number): Promise<void> {
  for (;;) {
    const state = await host.job(id);
    if (state?.state !== "running" || state.part > part) return;
    await delay(1);
  }
}

/** A drive that holds the bytes. */
export async function driveOf({ host }: Fixture, cipher: Cipher, bytes: Buffer): Promise<Volume> {
  const drive = newDrive(cipher, bytes.length);
  await host.create(drive, 1);
  await host.write(drive, 0, streamOf(bytes), bytes.length);
  return drive;
}

export const whole = ({ host }: Fixture, drive: Volume) => host.read(drive, 0, drive.sizeBytes);

/** The bytes, and zeroes up to a length. */
export const padded = (bytes: Buffer, length: number) =>
  Buffer.concat([bytes, Buffer.alloc(length - bytes.length)]);

/** What is on the disk is drives alone. */
export async function nothingLeft({ home, host }: Fixture): Promise<void> {
  assert.equal((await readdir(join(home, "drives"))).length, (await host.list()).length);
}

/** Has a server hold the drive; while its process is stopped, who reads the drive waits. */
export async function giveToServer(fixture: Fixture, drive: Volume): Promise<Stand> {
  const ready = Promise.withResolvers<Stand>();
  const request = { volume: drive, shared: false, readOnly: false, nodeName: "n" };
  const exporter = async () => (await ready.promise).address;
  const stand = await fixture.openLikeServer(await fixture.host.attach("s", request, exporter), "n");
  ready.resolve(stand);
  return stand;
}
