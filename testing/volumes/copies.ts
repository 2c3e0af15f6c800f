/** Drives to be imaged, for tests. */
import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { LodgeError } from "../../src/base/errors.ts";
import type { Cipher, DriveImage, Imaging } from "../../src/host/host.ts";
import { type Fixture, newDrive, streamOf } from "./drives.ts";

export const MIB = 1024 * 1024;

export const isOf = (type: string) => (error: unknown) => error instanceof LodgeError && error.type === type;

/** An imaging that nobody interrupts. */
export const imaging = (
  source: DriveImage,
  target: DriveImage,
  conversion: Imaging["conversion"] = null,
  onProgress: Imaging["onProgress"] = () => {},
): Imaging => ({ source, target, conversion, onProgress, signal: new AbortController().signal });

/** A drive that holds the bytes. */
export async function driveOf({ host }: Fixture, cipher: Cipher, bytes: Buffer): Promise<DriveImage> {
  const drive = newDrive(cipher, bytes.length);
  await host.create(drive);
  await host.write(drive, 0, streamOf(bytes), bytes.length);
  return drive;
}

export const whole = ({ host }: Fixture, drive: DriveImage) => host.read(drive, 0, drive.sizeBytes);

/** The bytes, and zeroes up to a length. */
export const padded = (bytes: Buffer, length: number) =>
  Buffer.concat([bytes, Buffer.alloc(length - bytes.length)]);

/** What is on the disk is drives alone. */
export async function nothingLeft({ home, host }: Fixture): Promise<void> {
  assert.equal((await readdir(join(home, "drives"))).length, (await host.present()).length);
}
